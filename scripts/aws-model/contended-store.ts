import type { Outcome, SlotReason, Store, Write } from "../../lib/store/store.ts";
import { MemoryStore } from "../../tests/simulation/memory-store.ts";
import type { Chance } from "../demo/chance.ts";
import { draw, LATENCIES, transactionLatency } from "./latencies.ts";
import type { Timeline } from "./timeline.ts";

/** The item that a write contends for, or undefined where a design leaves it alone: designs differ in this and in nothing else. */
export type Contends = (write: Write) => string | undefined;

/** The very item that is written, as on DynamoDB. */
export function itemOf(write: Write): string {
  const { pk, sk } = write.kind === "put" ? write.item : write.key;
  return `${write.table} ${pk} ${sk}`;
}

export type Attempt = { readonly isConflict: boolean };

/** A transaction that is cancelled is answered after its first phase; till then it holds what it could get. */
const CANCELLED_SHARE = 0.5;

/**
 * DynamoDB's contention in virtual time: a transaction holds its items for the middle part of its duration, and whoever wants one of
 * them meanwhile is cancelled with a conflict. Reads are no transactions and conflict with nothing.
 */
export class ContendedStore {
  readonly truth = new MemoryStore();
  readonly #held = new Map<string, number>();
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #windowShare: number;

  constructor(timeline: Timeline, chance: Chance, windowShare: number) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#windowShare = windowShare;
  }

  /** The store as one caller meets it; each attempt of a transaction is reported. */
  seenBy(contends: Contends, report: (attempt: Attempt) => void = () => {}): Store {
    const { truth } = this;
    const read = async <T>(run: () => Promise<T>): Promise<T> => {
      await this.#timeline.sleep(draw(LATENCIES.read, this.#chance));
      return await run();
    };
    const transact = async (writes: readonly Write[]): Promise<Outcome> => {
      const outcome = await this.#transact(writes, contends);
      report({ isConflict: !outcome.ok && outcome.reasons.some(({ code }) => code === "conflict") });
      return outcome;
    };
    return {
      get: (place) => read(() => truth.get(place)),
      getMany: (places) => read(() => truth.getMany(places)),
      query: (query) => read(() => truth.query(query)),
      scan: (scan) => read(() => truth.scan(scan)),
      putMany: (puts) => read(() => truth.putMany(puts)),
      write: (write) => transact([write]),
      transact,
    };
  }

  async #transact(writes: readonly Write[], contends: Contends): Promise<Outcome> {
    const durationMs = draw(transactionLatency(writes.length), this.#chance);
    const edgeMs = (durationMs * (1 - this.#windowShare)) / 2;
    await this.#timeline.sleep(edgeMs);
    const { nowMs } = this.#timeline;
    const items = writes.map(contends);
    const isHeld = (item: string | undefined): boolean =>
      item !== undefined && (this.#held.get(item) ?? 0) > nowMs;
    const isConflict = items.some(isHeld);
    const heldMs = durationMs * this.#windowShare * (isConflict ? CANCELLED_SHARE : 1);
    const outcome: Outcome = isConflict
      ? {
          ok: false,
          reasons: items.map((item): SlotReason => ({ code: isHeld(item) ? "conflict" : "none" })),
        }
      : await this.truth.transact(writes);
    for (const item of items) {
      if (item !== undefined && !isHeld(item)) this.#held.set(item, nowMs + heldMs);
    }
    await this.#timeline.sleep(heldMs + edgeMs);
    return outcome;
  }
}
