import { ulid } from "ulid";
import type { Market } from "../../lib/market/market.ts";
import type { Command } from "../../lib/matching/command.ts";
import type { SealedEntry } from "../../lib/matching/entry.ts";
import { MarketState } from "../../lib/matching/market-state.ts";
import { initialHold, type OrderTerms, type Side } from "../../lib/matching/order.ts";
import { advance, plan, type QueuedCommand } from "../../lib/matching/plan.ts";
import { type Chance, chanceFrom } from "../demo/chance.ts";

const USERS = 2_000;
/** Of each side. */
const LEVELS = 1_000;
const MID_TICKS = 6_000_000n;
const TICKS_PER_LEVEL = 10n;
const MOST_LOTS = 50_000;
const BATCH = 10;
/** As many as are sure to fit into one entry when hardly any of them trades. */
const GROWING_BATCH = 80;
const FIRST_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 20;

/**
 * A market with many users, whose state and journal the matcher's own planner makes, in memory. The same seed gives the same market,
 * and its ids are as hard to compress as real ones.
 */
export class Crowd {
  readonly state: MarketState;
  readonly #chance: Chance;
  readonly #users: readonly string[];
  readonly #placed: OrderTerms[] = [];
  #sent = 0;

  constructor(market: Market, seed: number) {
    this.state = new MarketState(market);
    this.#chance = chanceFrom(seed);
    this.#users = Array.from({ length: USERS }, () => this.#id());
  }

  /** Orders rest, and now and then one is met in part, until so many are on the book. The entries are not kept. */
  growTo(orders: number): void {
    while (this.state.book.size < orders) {
      const missing = orders - this.state.book.size;
      this.#enter(Math.min(GROWING_BATCH, missing), () =>
        this.#chance.below(50) === 0 ? this.#taker() : this.#maker(),
      );
    }
  }

  /** So many further entries of ordinary trading, or a few more where the last batch takes several. */
  *trade(entries: number): Generator<SealedEntry> {
    const last = this.state.head.version + entries;
    while (this.state.head.version < last)
      yield* this.#enter(1 + this.#chance.below(BATCH), () => this.#anything());
  }

  #enter(commands: number, next: () => Command): readonly SealedEntry[] {
    let batch = Array.from({ length: commands }, () => this.#queued(next()));
    const entries: SealedEntry[] = [];
    while (batch.length > 0) {
      const planned = plan(this.state, { epoch: "recovery", commands: batch });
      advance(this.state, planned);
      entries.push(planned.sealed);
      batch = batch.slice(planned.completed);
    }
    return entries;
  }

  #queued(command: Command): QueuedCommand {
    this.#sent++;
    const timeMs = FIRST_MS + this.#sent * STEP_MS;
    return { id: command.id, correlationId: "", sequence: String(this.#sent), timeMs, command };
  }

  #anything(): Command {
    const dice = this.#chance.below(100);
    if (dice < 60) return this.#maker();
    if (dice < 85) return this.#taker();
    return this.#cancel() ?? this.#maker();
  }

  #maker(): Command {
    const side = this.#side();
    // More orders stand near the middle than far from it.
    const level = 1n + BigInt(Math.floor(this.#chance.fraction() ** 2 * LEVELS));
    const order = this.#order(side, side === "buy" ? -level : level);
    this.#placed.push(order);
    return { kind: "place", id: order.id, order };
  }

  #taker(): Command {
    const side = this.#side();
    const level = BigInt(side === "buy" ? LEVELS : -LEVELS);
    const order = { ...this.#order(side, level), timeInForce: "IOC" } as const;
    return { kind: "place", id: order.id, order };
  }

  /** Of an order that was placed at some time; what has become of it is the engine's affair. */
  #cancel(): Command | undefined {
    const index = this.#chance.below(this.#placed.length || 1);
    const order = this.#placed[index];
    const last = this.#placed.pop();
    if (order === undefined || last === undefined) return undefined;
    if (order !== last) this.#placed[index] = last;
    const { id: orderId, userId, side } = order;
    const hold = initialHold(this.state.market, order);
    return { kind: "cancel", id: this.#id(), orderId, userId, side, hold, reason: "user" };
  }

  #order(side: Side, level: bigint): OrderTerms {
    const { makerRate, takerRate } = this.state.market;
    return {
      id: this.#id(),
      userId: this.#chance.pick(this.#users),
      side,
      type: "limit",
      timeInForce: "GTC",
      priceTicks: MID_TICKS + level * TICKS_PER_LEVEL,
      quantityLots: BigInt(1 + this.#chance.below(MOST_LOTS)),
      makerRate,
      takerRate,
    };
  }

  #side(): Side {
    return this.#chance.below(2) === 0 ? "buy" : "sell";
  }

  #id(): string {
    return ulid(FIRST_MS + this.#sent * STEP_MS, () => this.#chance.fraction());
  }
}
