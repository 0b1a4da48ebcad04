import { cpus } from "node:os";
import cliProgress from "cli-progress";
import Table from "cli-table3";

export type Progress = {
  update(done: number, note: string): void;
  stop(): void;
};

const PLAIN_LINE_EVERY_MS = 5_000;

/** A bar where somebody watches a terminal; a plain line now and then where the output is a file or a pipe. */
export function startProgress(title: string, total: number): Progress {
  if (!process.stdout.isTTY) return plainProgress(title, total);
  const bar = new cliProgress.SingleBar(
    { format: `${title} {bar} {percentage}% {note}`, hideCursor: true, barsize: 30 },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0, { note: "" });
  return {
    update: (done, note) => bar.update(Math.min(done, total), { note }),
    stop: () => bar.stop(),
  };
}

function plainProgress(title: string, total: number): Progress {
  let saidAt = performance.now();
  return {
    update: (done, note) => {
      if (performance.now() - saidAt < PLAIN_LINE_EVERY_MS) return;
      saidAt = performance.now();
      print(`${title} ${Math.min(100, Math.floor((100 * done) / total))}% ${note}`);
    },
    stop: () => {},
  };
}

/** A bar for each stretch of work, one after the other. */
export function startStretches() {
  let current: { readonly title: string; readonly bar: Progress } | undefined;
  return {
    show: (title: string, done: number, total: number, note: string): void => {
      if (current?.title !== title) {
        current?.bar.stop();
        current = { title, bar: startProgress(title, total) };
      }
      current.bar.update(done, note);
    },
    stop: () => current?.bar.stop(),
  };
}

type Cells = readonly (string | number)[];

/** The first columns say what is counted; figures stand to the right. */
export function table(titles: readonly string[], rows: readonly Cells[], { left = 1 } = {}): string {
  return alignedTable(
    titles.map((title, index) => [title, index < left ? "left" : "right"] as const),
    rows,
  );
}

export function alignedTable(
  columns: readonly (readonly [title: string, align: "left" | "right"])[],
  rows: readonly Cells[],
): string {
  const drawn = new Table({
    head: columns.map(([title]) => title),
    colAligns: columns.map(([, align]) => align),
    style: { head: process.stdout.isTTY ? ["cyan"] : [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** What figures were measured on. */
export function machine(): string {
  const [cpu] = cpus();
  return `Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? "unknown processor"}`;
}

export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

export function heading(text: string): void {
  print(`\n${text}`);
}

/** For what the person at the terminal should know, kept apart from the results. */
export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}
