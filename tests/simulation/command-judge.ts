import type { Command } from "../../lib/matching/command.ts";
import type { Entry } from "../../lib/matching/entry.ts";
import type { Event } from "../../lib/matching/event.ts";
import type { NaiveReader } from "./naive-reader.ts";

/**
 * A command, and when it was put into which queue, milliseconds by epoch: what is desired is sent again under its id, perhaps to a new queue.
 */
export type SentCommand = {
  readonly command: Command;
  readonly sentMs: ReadonlyMap<string, number>;
  /** How many messages carry it. */
  readonly copies: number;
};

/** A status and the number of the change that set it. */
type Change = { readonly status: string; readonly number: number };
const NEVER: Change = { status: "", number: 0 };

/**
 * Checks what each command that an entry completes must have achieved by then, from the command's words alone: an order is decided, a cancelled
 * one is gone, after a cancel of everything or a freeze nothing of it rests, a halt lets nobody in, nothing is applied whose queue is gone, and
 * the market's time never runs back nor stays behind what has been sent.
 * It knows the events and a list of what rests (`reader`), and nothing of the engine.
 */
export class CommandJudge {
  readonly faults: string[] = [];
  readonly #sent: ReadonlyMap<string, SentCommand>;
  readonly #reader: NaiveReader;
  /** When each order's command was completed, counted in commands. */
  readonly #placed = new Map<string, number>();
  readonly #accounts = new Map<string, Change>();
  /** The last change of the market's status that was asked for; the market may have halted itself since. */
  #asked: Change = NEVER;
  #isHalted = false;
  /** How often each command was completed. */
  readonly completed = new Map<string, number>();
  #completed = 0;
  #timeMs = 0;
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
    if (entry.timeMs < this.#timeMs) this.faults.push(`time runs back in version ${entry.version}`);
    this.#timeMs = entry.timeMs;
    const first = this.#completed;
    entry.commands.forEach((id, index) => {
      if (this.#sent.get(id)?.command.kind === "place") this.#placed.set(id, first + index);
    });
    entry.commands.forEach((id, index) => {
      this.completed.set(id, (this.completed.get(id) ?? 0) + 1);
      this.#judge(id, { entry, position: first + index });
    });
    this.#completed += entry.commands.length;
    this.#unfinished = entry.continuation?.command.id;
  }

  #readEvent(event: Event): void {
    switch (event.type) {
      case "status_set":
        this.#isHalted = event.status === "halted";
        if (event.number !== undefined)
          this.#asked = this.#changed(this.#asked, { status: event.status, number: event.number });
        return;
      case "account_status_set": {
        const before = this.#accounts.get(event.userId) ?? NEVER;
        this.#accounts.set(event.userId, this.#changed(before, event));
        return;
      }
      case "opened":
      case "released":
        this.#barredTaker =
          this.#isHalted || this.#accounts.get(event.order.userId)?.status === "frozen"
            ? event.order.id
            : undefined;
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

  /** Of two changes the higher number has the last word. */
  #changed(before: Change, { status, number }: Change): Change {
    if (number <= before.number) this.faults.push(`change ${number} was applied after ${before.number}`);
    return { status, number };
  }

  #judge(id: string, { entry, position }: { readonly entry: Entry; readonly position: number }): void {
    const sent = this.#sent.get(id);
    const where = `in version ${entry.version}`;
    const isIgnored = entry.events.some((event) => event.type === "ignored" && event.commandId === id);
    if (sent === undefined) {
      if (!isIgnored) this.faults.push(`${id}, which nobody sent, was applied ${where}`);
      return;
    }
    const { command, sentMs, copies } = sent;
    if ((this.completed.get(id) ?? 0) > copies)
      this.faults.push(
        `${command.kind} ${id}, of which there are ${copies}, is completed once more ${where}`,
      );
    const atMs = sentMs.get(entry.epoch);
    if (atMs === undefined && id !== this.#unfinished) {
      const epochs = [...sentMs.keys()];
      this.faults.push(`${command.kind} ${id} of ${epochs} was taken for one of ${entry.epoch} ${where}`);
    }
    if (atMs !== undefined && entry.timeMs < atMs)
      this.faults.push(`${command.kind} ${id} was sent after the market's time ${where}`);
    const fault = this.#unachieved(command, { position, isIgnored });
    if (fault !== undefined) this.faults.push(`${command.kind} ${id} is complete ${where}, and ${fault}`);
  }

  /** What is still as it must not be once the command is complete. */
  #unachieved(
    command: Command,
    { position, isIgnored }: { readonly position: number; readonly isIgnored: boolean },
  ): string | undefined {
    switch (command.kind) {
      case "place":
      case "release":
        return this.#undecided(command.order.id, isIgnored);
      case "cancel":
        return this.#isLive(command.orderId) ? "its order is live" : undefined;
      case "cancel_all":
      case "set_account_status": {
        const { userId } = command;
        if (command.kind === "set_account_status" && command.status === "active")
          return unapplied(command, this.#accounts.get(userId));
        const side = command.kind === "cancel_all" ? command.side : undefined;
        const left = this.#reader.resting.find(
          ({ id, ...order }) =>
            order.userId === userId &&
            (side === undefined || order.side === side) &&
            (this.#placed.get(id) ?? -1) < position,
        );
        if (left !== undefined && !isIgnored) return `${left.id} still rests`;
        return command.kind === "cancel_all" ? undefined : unapplied(command, this.#accounts.get(userId));
      }
      case "set_status":
        return unapplied(command, this.#asked);
    }
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

/** Once the command of a numbered change is complete, that change or a later one stands. */
function unapplied({ status, number }: Change, now = NEVER): string | undefined {
  const stands = now.number > number || (now.number === number && now.status === status);
  return stands ? undefined : `change ${now.number} to ${now.status || "nothing"} stands`;
}
