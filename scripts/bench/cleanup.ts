/** What has to be ended or removed however the benchmark ends; the newest first. */
export class Cleanup {
  readonly #steps: (() => Promise<void> | void)[] = [];
  #running: Promise<void> | undefined;

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  /** May be called again, also while it runs: everything is ended once. */
  async run(): Promise<void> {
    this.#running ??= this.#all().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #all(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (cause) {
        // One that cannot be ended must not keep the others running.
        process.stderr.write(`while ending: ${String(cause)}\n`);
      }
    }
  }
}
