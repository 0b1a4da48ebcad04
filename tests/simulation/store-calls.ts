import {
  type Item,
  type Outcome,
  type Page,
  type Query,
  type SlotReason,
  type Store,
  StoreUnavailable,
  type Write,
} from "../../lib/store/store.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import { CALL_FAULTS, type CallFault } from "./adversary.ts";
import { type Calls, meet } from "./calls.ts";
import { Contention } from "./contention.ts";
import type { ReadFaults, Replicas, Written } from "./replicas.ts";
import type { Process } from "./scheduler.ts";

const LONG_QUERY_MS = 60;
const MINUTES_MS = 4 * 60_000;
const READ_FAULTS: readonly CallFault[] = ["crash_before", "never_arrived", "slow", "frozen"];

type WriteCall = {
  readonly what: string;
  readonly writes: readonly Write[];
  readonly isTransaction?: boolean;
};

/** The store as processes meet it: late indexes, torn and long queries, conflicts, and a fault at any call. */
export class StoreCalls {
  readonly replicas: Replicas;
  readonly contention = new Contention();
  readonly commitMs: number;
  readonly #calls: Calls;
  readonly #chance: Chance;
  /** Until when a wallet that a market's next commits need is taken by others. */
  readonly #contended = new Map<string, number>();

  constructor(
    calls: Calls,
    chance: Chance,
    { replicas, commitMs }: Pick<StoreCalls, "replicas" | "commitMs">,
  ) {
    this.#calls = calls;
    this.#chance = chance;
    this.replicas = replicas;
    this.commitMs = commitMs;
  }

  /** For a while every commit of a market meets a conflict. */
  contend(market: string, ms: number): void {
    this.#contended.set(market, this.#nowMs() + ms);
  }

  /** Until when; 0 where it never was. */
  contendedUntilMs(market: string): number {
    return this.#contended.get(market) ?? 0;
  }

  #nowMs(): number {
    return this.#calls.scheduler.nowMs();
  }

  of(running: () => Process): Store {
    const { replicas } = this;
    const read = <T>(what: string, run: () => Promise<T>): Promise<T> => this.#read(running(), what, run);
    const faults = (table: string): ReadFaults => ({
      isIndexLate: () => this.#calls.adversary.strikes("stale_index", table),
      noteTorn: () => this.#calls.adversary.note("torn_query"),
    });
    return {
      get: (place) => read(`get ${place.table}`, () => replicas.truth.get(place)),
      getMany: (places) => read("getMany", () => replicas.truth.getMany(places)),
      query: async (query) => {
        const first = await read(`query ${query.table}`, () => replicas.query(query, faults(query.table)));
        if (!this.#calls.adversary.strikes("long_query", query.table)) return first;
        // A query reads one item after the other, and what is committed meanwhile shows in its later part only.
        await this.#calls.scheduler.turn(running(), LONG_QUERY_MS);
        const second = await replicas.query(query, faults(query.table));
        return this.#spliced(query, first, second);
      },
      scan: (scan) => read(`scan ${scan.table}`, () => replicas.scan(scan, faults(scan.table))),
      write: (write) =>
        this.#write(running(), { what: `write ${write.table}`, writes: [write] }, () =>
          replicas.transact([write]),
        ),
      transact: (writes) => {
        const what = `transact ${[...new Set(writes.map(({ table }) => table))].join("+")}`;
        return this.#write(running(), { what, writes, isTransaction: true }, () => replicas.transact(writes));
      },
      putMany: async (puts) => {
        const run = async () => ({ outcome: { ok: true } as Outcome, written: await replicas.putMany(puts) });
        const outcome = await this.#write(running(), { what: "putMany", writes: [] }, run);
        if (!outcome.ok) throw new StoreUnavailable("the store leaves items unprocessed");
      },
    };
  }

  async #read<T>(process: Process, what: string, run: () => Promise<T>): Promise<T> {
    const fault = await meet(this.#calls, process, { faults: READ_FAULTS, what });
    if (fault === "crash_before") return await this.#calls.scheduler.crash(process);
    if (fault === "never_arrived") throw new StoreUnavailable("no answer");
    return await run();
  }

  async #write(
    process: Process,
    { what, writes, isTransaction = false }: WriteCall,
    run: () => Promise<{ readonly outcome: Outcome; readonly written: Written }>,
  ): Promise<Outcome> {
    const fault = await meet(this.#calls, process, { faults: CALL_FAULTS, what });
    if (fault === "crash_before") return await this.#calls.scheduler.crash(process);
    if (fault === "never_arrived") throw new StoreUnavailable("no answer");
    if (fault === "conflict" || fault === "throttled") return this.#busy(writes.length, fault);
    const isCommit = what.includes("journal") && writes.length > 0;
    const market = this.#calls.stillness.marketOf(process);
    if (isCommit && market !== undefined && this.contendedUntilMs(market) > this.#nowMs()) {
      this.#calls.stillness.noteFault(process, "conflict");
      return this.#busy(writes.length, "conflict");
    }
    const conflict = this.contention.conflictOf(writes, this.#nowMs());
    if (conflict !== undefined) {
      this.#calls.adversary.note("transactions_met");
      this.#calls.stillness.noteFault(process, "conflict");
      return conflict;
    }
    const { outcome, written } = await run();
    if (fault === "crash_after") return await this.#calls.scheduler.crash(process);
    // The answer is on its way: until it arrives, others may see part of what was written.
    // Who is frozen for minutes is not waited for: their transaction has long ended.
    const end =
      isTransaction && outcome.ok && fault !== "frozen_for_minutes"
        ? this.contention.hold(writes)
        : undefined;
    await this.#calls.scheduler.turn(
      process,
      fault === "frozen_for_minutes" ? MINUTES_MS : isCommit ? this.commitMs : 0,
    );
    end?.();
    written.isAnswered = true;
    if (fault === "answer_lost") throw new StoreUnavailable("the answer was lost");
    return outcome;
  }

  /** The first answer's items before a key drawn by chance, and the second's from there on. */
  #spliced({ order }: Query, first: Page, second: Page): Page {
    if (first.next !== undefined || second.next !== undefined || order === "descending") return second;
    const keyOf = (item: Item): string => `${item.pk} ${item.sk}`;
    const keys = [...new Set([...first.items, ...second.items].map(keyOf))].sort();
    const cut = keys[this.#chance.below(keys.length)] ?? "";
    return {
      items: [
        ...first.items.filter((item) => keyOf(item) < cut),
        ...second.items.filter((item) => keyOf(item) >= cut),
      ],
    };
  }

  #busy(slots: number, code: "conflict" | "throttled"): Outcome {
    const reasons: SlotReason[] = Array.from({ length: Math.max(slots, 1) }, () => ({ code: "none" }));
    reasons[this.#chance.below(reasons.length)] = { code };
    return { ok: false, reasons };
  }
}
