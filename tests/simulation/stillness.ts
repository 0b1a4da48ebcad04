import type { FifoQueue } from "../../scripts/local/sqs/fifo-queue.ts";
import type { Delivery } from "../../scripts/local/sqs/message.ts";
import type { Fault } from "./adversary.ts";
import type { Process } from "./scheduler.ts";

/** The longest that a market may pause where its store makes trouble. */
const PAUSE_MS = 4_000;
/** What keeps the worker from making messages visible again, so that they wait for the queue's own timeout. */
const DARKENING: readonly Fault[] = [
  "crash_before",
  "crash_after",
  "frozen",
  "frozen_for_minutes",
  "redelivery_failed",
  "delete_lost",
];

export type Invocation = {
  readonly market: string;
  readonly fifo: FifoQueue;
  readonly batch: readonly Delivery[];
  readonly startedMs: number;
  readonly functionMs: number;
};

/**
 * Notices a market that stands still although nothing prevents it: a message that stays invisible after an invocation, which nobody else has
 * taken. Without a fault not for a moment, with trouble at the store for a short pause.
 */
export class Stillness {
  readonly violations: string[] = [];
  readonly #running = new Map<Process, Invocation & { allowedMs: number }>();

  begin(process: Process, invocation: Invocation): void {
    this.#running.set(process, { ...invocation, allowedMs: 0 });
  }

  /** The market that a process is at work for. */
  marketOf(process: Process): string | undefined {
    return this.#running.get(process)?.market;
  }

  noteFault(process: Process, fault: Fault): void {
    this.#allow(process, DARKENING.includes(fault) ? Number.POSITIVE_INFINITY : PAUSE_MS);
  }

  /** Time has leapt while they were running, so they may be out of it. */
  noteLeap(): void {
    for (const process of this.#running.keys()) this.#allow(process, PAUSE_MS);
  }

  end(process: Process, nowMs: number): void {
    const invocation = this.#running.get(process);
    this.#running.delete(process);
    if (invocation === undefined) return;
    const { market, fifo, batch, startedMs, functionMs, allowedMs } = invocation;
    // Lambda would have ended it in the middle.
    if (nowMs - startedMs >= functionMs) return;
    const taken = new Map(batch.map(({ message }) => [message.sequenceNumber, message.receiveCount]));
    for (const { sequenceNumber, receiveCount, visibleAtMs } of fifo.exportState().messages) {
      const isLeft = taken.get(sequenceNumber) === receiveCount;
      if (!isLeft || visibleAtMs <= nowMs + allowedMs) continue;
      this.violations.push(`${market} stands still for ${visibleAtMs - nowMs} ms, and for nothing`);
      return;
    }
  }

  #allow(process: Process, ms: number): void {
    const invocation = this.#running.get(process);
    if (invocation !== undefined) invocation.allowedMs = Math.max(invocation.allowedMs, ms);
  }
}
