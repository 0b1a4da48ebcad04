import { existsSync, readFileSync, writeFileSync } from "node:fs";

type Mutant = { readonly status: string; readonly coveredBy?: readonly string[] };
type Report = { readonly files: { readonly [name: string]: { mutants: readonly Mutant[] } } };

/**
 * Drops from the results of earlier runs the survivors whose code runs only while a module is loaded, so that they are tested again. Stryker
 * tests a survivor again where a test was added that runs its code; of these it cannot say which tests do, and would keep them for ever.
 */
export function forgetStaticSurvivors(incrementalFile: string): void {
  if (!existsSync(incrementalFile)) return;
  const report = JSON.parse(readFileSync(incrementalFile, "utf8")) as Report;
  for (const file of Object.values(report.files)) {
    file.mutants = file.mutants.filter(
      ({ status, coveredBy = [] }) => status !== "Survived" || coveredBy.length > 0,
    );
  }
  writeFileSync(incrementalFile, JSON.stringify(report));
}
