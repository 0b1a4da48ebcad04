import { heading, print, table } from "../command/terminal.ts";

export type ReportTable = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly notes?: readonly string[];
};

/** What a part of the benchmark has found: for people, and as plain figures for programs. */
export type Measured = { readonly tables: readonly ReportTable[]; readonly figures: object };

/** Says how far a long stretch of work is. */
export type Show = (title: string, done: number, total: number, note: string) => void;

export function printTables(tables: readonly ReportTable[]): void {
  for (const { title, columns, rows, notes = [] } of tables) {
    heading(title);
    print(table(columns, rows));
    for (const note of notes) print(`  ${note}`);
  }
}
