import { expect } from "vitest";
import { transactionOf } from "../../../lib/matcher/transaction.ts";
import type { Command } from "../../../lib/matching/command.ts";
import type { SealedEntry } from "../../../lib/matching/entry.ts";
import { MarketState } from "../../../lib/matching/market-state.ts";
import { holdAsset, initialHold, remainingHold } from "../../../lib/matching/order.ts";
import { advance, NO_EXCLUSIONS, type Plan, plan, type QueuedCommand } from "../../../lib/matching/plan.ts";
import { stateText } from "../../../lib/matching/snapshot.ts";
import { MARKET } from "./random-commands.ts";

export const EPOCH = "epoch";

/** More than any batch or plan of a test needs: what goes on beyond is a mistake that would go on for ever. */
const MOST_ENTRIES = 100;
const MOST_ATTEMPTS = 100;

export function queued(commands: readonly (Command | undefined)[], from = 1): readonly QueuedCommand[] {
  return commands.map((command, index) => {
    const sequence = String(from + index);
    return {
      id: command?.id ?? `M${sequence}`,
      correlationId: "c",
      sequence,
      timeMs: 1_000 + from + index,
      command,
    };
  });
}

/** A market run as the matcher runs it, with a table of orders and wallets beside it that checks what a commit would check. */
export class Play {
  readonly state = new MarketState(MARKET);
  readonly journal: SealedEntry[] = [];
  readonly outcomes = new Map<string, string>();
  readonly trades: string[] = [];
  /** "user asset" to amounts; what was available at first is 0, so it falls below. */
  readonly wallets = new Map<string, { available: bigint; locked: bigint }>();
  readonly #pending = new Set<string>();
  #sequence = 1;

  /** Takes commands in batches, each of which may need several entries. */
  run(commands: readonly Command[], batchSize: number): void {
    for (let start = 0; start < commands.length; start += batchSize)
      this.take(commands.slice(start, start + batchSize));
  }

  take(commands: readonly Command[]): void {
    for (const command of commands) if (command.kind === "place") this.#accept(command);
    const batch = queued(commands, this.#sequence);
    this.#sequence += commands.length;
    for (let completed = 0, entries = 0; completed < batch.length; entries++) {
      if (entries > MOST_ENTRIES) throw new Error("a batch never comes to its end");
      completed += this.#commit(batch.slice(completed)).completed;
    }
  }

  /** Every wallet's locked is the sum of its live orders' holds, and nothing is lost: what left the wallets are the fees. */
  expectConserved(): void {
    const holds = new Map<string, bigint>();
    for (const side of ["buy", "sell"] as const) {
      for (const order of this.state.book.orders(side)) {
        const key = `${order.userId} ${holdAsset(MARKET, side)}`;
        holds.set(key, (holds.get(key) ?? 0n) + remainingHold(MARKET, order));
      }
    }
    const sums = { BTC: 0n, USDT: 0n };
    for (const [key, { available, locked }] of this.wallets) {
      expect(`${key} ${locked}`).toBe(`${key} ${holds.get(key) ?? 0n}`);
      sums[key.split(" ")[1] as "BTC" | "USDT"] += available + locked;
    }
    expect(sums).toEqual({ BTC: -this.state.fees.base, USDT: -this.state.fees.quote });
  }

  #accept({ order }: Command & { readonly kind: "place" }): void {
    const hold = initialHold(MARKET, order);
    this.#pending.add(order.id);
    this.#add(`${order.userId} ${holdAsset(MARKET, order.side)}`, { available: -hold, locked: hold });
  }

  #commit(batch: readonly QueuedCommand[]): Plan {
    const notPending = new Set<string>();
    const exclusions = { ...NO_EXCLUSIONS, notPending };
    for (let attempt = 0; attempt <= MOST_ATTEMPTS; attempt++) {
      const before = stateText(this.state);
      const tried = plan(this.state, { epoch: EPOCH, commands: batch }, exclusions);
      this.state.rollBack(tried.savepoint);
      expect(stateText(this.state)).toBe(before);
      const refused = this.#refusedBy(tried);
      for (const orderId of refused) notPending.add(orderId);
      if (refused.length > 0) continue;
      const planned = plan(this.state, { epoch: EPOCH, commands: batch }, exclusions);
      expect(planned.sealed).toEqual(tried.sealed);
      expectTransaction(planned);
      advance(this.state, planned);
      this.#note(planned);
      return planned;
    }
    throw new Error("a plan is refused, whatever it leaves out");
  }

  /** Orders that are not pending, although the commit would need it. */
  #refusedBy({ effects }: Plan): readonly string[] {
    const cancels = [...effects.pendingCancels.values()].filter(({ orderId }) => !this.#pending.has(orderId));
    const places = [...effects.orders.values()].filter(
      ({ isNew, order }) => isNew && !this.#pending.has(order.id),
    );
    return [...cancels.map(({ orderId }) => orderId), ...places.map(({ order }) => order.id)];
  }

  #note({ effects, sealed }: Plan): void {
    this.journal.push(sealed);
    for (const { order, status, reason } of effects.orders.values()) {
      this.#pending.delete(order.id);
      this.outcomes.set(
        order.id,
        `${status} ${reason ?? ""} ${order.filledLots} ${order.filledQuote} ${order.fee}`,
      );
    }
    for (const { orderId, reason } of effects.pendingCancels.values()) {
      this.#pending.delete(orderId);
      this.outcomes.set(orderId, `cancelled ${reason} 0 0 0`);
    }
    for (const { maker, taker, priceTicks, lots } of effects.trades)
      this.trades.push(`${maker.id} ${taker.id} ${priceTicks} ${lots}`);
    for (const [userId, assets] of effects.wallets)
      for (const [asset, change] of assets) this.#add(`${userId} ${asset}`, change);
  }

  #add(key: string, change: { readonly available: bigint; readonly locked: bigint }): void {
    const { available, locked } = this.wallets.get(key) ?? { available: 0n, locked: 0n };
    this.wallets.set(key, { available: available + change.available, locked: locked + change.locked });
  }
}

/** At most a hundred items, each once, as DynamoDB demands. */
function expectTransaction(planned: Plan): void {
  const { writes } = transactionOf(planned);
  const items = writes.map((write) => {
    const { pk, sk } = write.kind === "put" ? write.item : write.key;
    return `${write.table} ${pk} ${sk}`;
  });
  expect(items.length).toBeLessThanOrEqual(100);
  expect(new Set(items).size).toBe(items.length);
}
