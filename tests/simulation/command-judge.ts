import type { Command } from "../../lib/matching/command.ts";
import type { Entry } from "../../lib/matching/entry.ts";
import type { Event } from "../../lib/matching/event.ts";
import type { NaiveReader } from "./naive-reader.ts";

/** A command as it was put into a queue. */
export type SentCommand = { readonly command: Command; readonly epoch: string };

/**
 * Checks what each command that an entry completes must have achieved by then, from the command's words alone: an order is decided, a cancelled
 * one is gone, after a cancel of everything or a freeze nothing of it rests, a halt lets nobody in, and nothing is applied whose queue is gone.
 * It knows the events and a list of what rests (`reader`), and nothing of the engine.
 */
export class CommandJudge {
  readonly faults: string[] = [];
  readonly #sent: ReadonlyMap<string, SentCommand>;
  readonly #reader: NaiveReader;
  /** When each order's command was completed, counted in commands. */
  readonly #placed = new Map<string, number>();
  readonly #frozen = new Set<string>();
  #isHalted = false;
  #completed = 0;
  #unfinished: string | undefined;
  /** The order that is being matched, if it came when it was not to be let in. */
  #barredTaker: string | undefined;

  constructor(sent: ReadonlyMap<string, SentCommand>, reader: NaiveReader) {
    this.#sent = sent;
    this.#reader = reader;
  }

  /** Reads an entry whose events the reader has just read. */
  read(entry: Entry): void {
    for (const event of entry.events) this.#readEvent(event);
    const first = this.#completed;
    entry.commands.forEach((id, index) => {
      if (this.#sent.get(id)?.command.kind === "place") this.#placed.set(id, first + index);
    });
    entry.commands.forEach((id, index) => {
      this.#judge(id, { entry, position: first + index });
    });
    this.#completed += entry.commands.length;
    this.#unfinished = entry.continuation?.command.id;
  }

  #readEvent(event: Event): void {
    switch (event.type) {
      case "status_set":
        this.#isHalted = event.status === "halted";
        return;
      case "account_frozen":
        this.#frozen.add(event.userId);
        return;
      case "account_unfrozen":
        this.#frozen.delete(event.userId);
        return;
      case "opened":
        this.#barredTaker =
          this.#isHalted || this.#frozen.has(event.order.userId) ? event.order.id : undefined;
        return;
      case "filled":
      case "rested":
        if (this.#barredTaker !== undefined)
          this.faults.push(`${this.#barredTaker} was let into a halted market, or is of a frozen account`);
        return;
      default:
        return;
    }
  }

  #judge(id: string, { entry, position }: { readonly entry: Entry; readonly position: number }): void {
    const sent = this.#sent.get(id);
    const where = `in version ${entry.version}`;
    const isIgnored = entry.events.some((event) => event.type === "ignored" && event.commandId === id);
    if (sent === undefined) {
      if (!isIgnored) this.faults.push(`${id}, which nobody sent, was applied ${where}`);
      return;
    }
    const { command, epoch } = sent;
    if (epoch !== entry.epoch && id !== this.#unfinished)
      this.faults.push(`${command.kind} ${id} of ${epoch} was taken for one of ${entry.epoch} ${where}`);
    const fault = this.#unachieved(command, { entry, position, isIgnored });
    if (fault !== undefined) this.faults.push(`${command.kind} ${id} is complete ${where}, and ${fault}`);
  }

  /** What is still as it must not be once the command is complete. */
  #unachieved(
    command: Command,
    completion: { readonly entry: Entry; readonly position: number; readonly isIgnored: boolean },
  ): string | undefined {
    const { entry, position, isIgnored } = completion;
    switch (command.kind) {
      case "place":
        return this.#undecided(command.id, isIgnored);
      case "cancel":
        return this.#isLive(command.orderId) ? "its order is live" : undefined;
      case "cancel_all":
      case "freeze": {
        const { userId } = command;
        const side = command.kind === "cancel_all" ? command.side : undefined;
        const left = this.#reader.resting.find(
          ({ id, ...order }) =>
            order.userId === userId &&
            (side === undefined || order.side === side) &&
            (this.#placed.get(id) ?? -1) < position,
        );
        if (left !== undefined && !isIgnored) return `${left.id} still rests`;
        return command.kind === "freeze" ? this.#unless(this.#frozen.has(userId), completion) : undefined;
      }
      case "unfreeze":
        return this.#unless(!this.#frozen.has(command.userId), completion);
      case "set_status": {
        const last = entry.events.findLast((event) => event.type === "status_set");
        return this.#unless(last !== undefined, completion);
      }
    }
  }

  /** A state that a later command of the same entry may have changed again is looked at only where this one is the last. */
  #unless(
    holds: boolean,
    {
      entry,
      position,
      isIgnored,
    }: { readonly entry: Entry; readonly position: number; readonly isIgnored: boolean },
  ): string | undefined {
    const isLast = position === this.#completed + entry.commands.length - 1;
    return holds || isIgnored || !isLast ? undefined : "shows no effect";
  }

  #undecided(orderId: string, isIgnored: boolean): string | undefined {
    if (isIgnored) return undefined;
    if (!this.#reader.opened.has(orderId)) return "its order never came to the market";
    return this.#reader.taker?.id === orderId ? "its order is still being matched" : undefined;
  }

  #isLive(orderId: string): boolean {
    const { resting, taker } = this.#reader;
    return taker?.id === orderId || resting.some(({ id }) => id === orderId);
  }
}
