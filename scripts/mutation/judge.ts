import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { MutantResult } from "@stryker-mutator/api/core";

/** A mutant that no test can notice, since nothing that can be observed differs. `line` is the text of the line it begins in. */
export type Equivalent = {
  readonly file: string;
  readonly line: string;
  readonly mutator: string;
  readonly replacement: string;
  readonly reason: string;
};

export type Survivor = { readonly place: string; readonly change: string };

export type Verdict = {
  readonly counts: {
    readonly killed: number;
    readonly timedOut: number;
    readonly survived: number;
    readonly notCovered: number;
  };
  /** Noticed mutants of all, in percent. */
  readonly score: number;
  readonly scoreWithoutEquivalents: number;
  readonly equivalent: readonly (Survivor & { readonly reason: string })[];
  readonly unexplained: readonly Survivor[];
  /** Listed as equivalent, but noticed, or gone. */
  readonly stale: readonly Equivalent[];
};

/** Counts what became of the mutants, and looks up each that nobody noticed; an entry of the list explains one of them. */
export function judge(mutants: readonly MutantResult[], listed: readonly Equivalent[]): Verdict {
  const countOf = (status: MutantResult["status"]): number =>
    mutants.filter((mutant) => mutant.status === status).length;
  const counts = {
    killed: countOf("Killed"),
    timedOut: countOf("Timeout"),
    survived: countOf("Survived"),
    notCovered: countOf("NoCoverage"),
  };
  const open = [...listed];
  const equivalent: (Survivor & { readonly reason: string })[] = [];
  const unexplained: Survivor[] = [];
  for (const mutant of mutants) {
    if (mutant.status !== "Survived" && mutant.status !== "NoCoverage") continue;
    const found = describe(mutant);
    const at = open.findIndex(
      ({ file, line, mutator, replacement }) =>
        file === found.file &&
        line === found.line &&
        mutator === mutant.mutatorName &&
        replacement === found.replacement,
    );
    const [entry] = at === -1 ? [] : open.splice(at, 1);
    const survivor = {
      place: `${found.file}:${mutant.location.start.line} ${mutant.mutatorName}`,
      change: `  ${found.line}\n  ${found.original}  ->  ${found.replacement}`,
    };
    if (entry === undefined) unexplained.push(survivor);
    else equivalent.push({ ...survivor, reason: entry.reason });
  }
  const noticed = counts.killed + counts.timedOut;
  const all = noticed + counts.survived + counts.notCovered;
  return {
    counts,
    score: (100 * noticed) / all,
    scoreWithoutEquivalents: (100 * noticed) / (all - equivalent.length),
    equivalent,
    unexplained,
    stale: open,
  };
}

function describe({ fileName, location, replacement = "" }: MutantResult) {
  const lines = readFileSync(fileName, "utf8").split("\n");
  const { start, end } = location;
  const inside = lines.slice(start.line - 1, end.line);
  const last = inside.length - 1;
  inside[last] = (inside[last] ?? "").slice(0, end.column - 1);
  inside[0] = (inside[0] ?? "").slice(start.column - 1);
  return {
    file: relative(process.cwd(), fileName),
    line: (lines[start.line - 1] ?? "").trim(),
    original: onOneLine(inside.join("\n")),
    replacement: onOneLine(replacement),
  };
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
