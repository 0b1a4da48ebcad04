import { type OptionSet, readOptions, type Values } from "./options.ts";
import { print, printError } from "./terminal.ts";
import { CannotBegin, wordsOf } from "./told.ts";

export const INTERRUPTED = 130;

type Command<S extends OptionSet> = {
  readonly help: string;
  readonly options: S;
  /** Gives the exit code. */
  readonly run: (options: Values<S>, files: readonly string[]) => Promise<number>;
  /** Whether something may stand without a name. */
  readonly takesFiles?: boolean;
};

/** The whole of a program's life: options, help, faults in words, the exit code. 2 means that it could not begin. */
export async function runCommand<const S extends OptionSet>(command: Command<S>): Promise<never> {
  const { help, options, run, takesFiles = false } = command;
  // Clients of engines that are gone may still hold sockets, which nobody waits for.
  process.exit(await outcome());

  async function outcome(): Promise<number> {
    try {
      const given = readOptions(process.argv.slice(2), options, takesFiles);
      if (given === undefined) {
        print(help);
        return 0;
      }
      return await run(given.values, given.files);
    } catch (cause) {
      printError(wordsOf(cause));
      return cause instanceof CannotBegin ? 2 : 1;
    }
  }
}

/** The first wish to stop is passed on, so that everything ends in order; the second ends the program at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => (controller.signal.aborted ? process.exit(INTERRUPTED) : controller.abort());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  return controller.signal;
}
