import { ulid } from "ulid";
import { profileItem } from "../../../lib/auth/user-item.ts";
import { recover } from "../../../lib/journal/recover.ts";
import { saveSnapshot } from "../../../lib/journal/snapshots.ts";
import { depthKey, summaryKey } from "../../../lib/market-data/market-items.ts";
import { DepthPicture } from "../../../lib/market-data/projections/depth.ts";
import type { MarketState } from "../../../lib/matching/market-state.ts";
import type { OrderTerms } from "../../../lib/matching/order.ts";
import { advance, plan } from "../../../lib/matching/plan.ts";
import { entered, pendingOrderItem } from "../../../lib/orders/order-item.ts";
import { countWrite } from "../../../lib/store/counters.ts";
import type { Item, Key } from "../../../lib/store/store.ts";
import type { TableName } from "../../../lib/store/tables.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import type { InProcessExchange } from "../in-process.ts";

type Put = { readonly table: TableName; readonly item: Item & Key };

const PUTS_AT_ONCE = 500;
const WRITERS = 4;
const ORDERS_AT_ONCE = 50;
/** Orders rest at as many prices whatever their number, so that order books are as long. */
const PRICES = 100n;
const LOTS = 100n;
const DAY_MS = 86_400_000;

/** Accounts, wallets and resting orders as the exchange would have left them, straight into the tables: they are the crowd, and do nothing. */
export class Crowd {
  readonly #exchange: InProcessExchange;
  readonly #userIds: string[] = [];
  #orders = 0;
  #sequence = 0;

  constructor(exchange: InProcessExchange) {
    this.#exchange = exchange;
  }

  async growTo(
    { users, orders }: { readonly users: number; readonly orders: number },
    say: (done: string) => void,
  ): Promise<void> {
    await this.#openAccounts(users - this.#userIds.length);
    say(`${users} users`);
    await this.#restOrders(orders - this.#orders);
    say(`${orders} live orders`);
    this.#orders = orders;
  }

  async #openAccounts(count: number): Promise<void> {
    const { store, clock } = this.#exchange;
    const puts: Put[] = [];
    for (let index = 0; index < count; index++) {
      const id = ulid(clock.nowMs() - (1 + (this.#userIds.length % 1_000)) * DAY_MS);
      this.#userIds.push(id);
      const createdAt = new Date(clock.nowMs()).toISOString();
      const email = `crowd-${id.toLowerCase()}@example.com`;
      const account = { id, email, role: "user", status: "active", createdAt } as const;
      const credentials = { passwordHash: "x".repeat(97), credentialsVersion: 0n };
      puts.push({ table: "users", item: profileItem({ ...account, ...credentials }) });
      puts.push(wallet(id));
    }
    await this.#put(puts);
    if (count > 0) await store.transact([countWrite("users", { id: "0", add: { users: BigInt(count) } })]);
  }

  /** As many more wallets, of people who never do anything. */
  async openWallets(count: number): Promise<void> {
    const nowMs = this.#exchange.clock.nowMs();
    await this.#put(Array.from({ length: count }, () => wallet(ulid(nowMs))));
  }

  /** The market as if it had taken the orders, of which a snapshot tells; the entries that brought them are left out. */
  async #restOrders(count: number): Promise<void> {
    const exchange = this.#exchange;
    const state = await recover(exchange.market, exchange.clock.nowMs() + 120_000, exchange);
    const puts: Put[] = [];
    for (let from = 0; from < count; from += ORDERS_AT_ONCE) {
      const terms = Array.from({ length: Math.min(ORDERS_AT_ONCE, count - from) }, (_, index) =>
        this.#terms(from + index),
      );
      this.#enter(state, terms);
      for (const each of terms)
        puts.push({ table: "orders", item: this.#orderItem(each, state.head.version) });
    }
    await this.#put(puts);
    await saveSnapshot(state, exchange);
    const { market } = exchange.market;
    const version = BigInt(state.head.version);
    await exchange.store.write({
      kind: "update",
      table: "market-data",
      key: summaryKey(market),
      set: { version, "version:trades": version, openOrders: BigInt(state.book.size) },
    });
    await exchange.store.write({ kind: "delete", table: "market-data", key: depthKey(market) });
    await new DepthPicture(exchange).draw(state);
  }

  #terms(index: number): OrderTerms {
    return {
      id: this.#exchange.newId(),
      userId: this.#userIds[index % this.#userIds.length] as string,
      side: "buy",
      type: "limit",
      timeInForce: "GTC",
      priceTicks: 100_000n + (BigInt(index) % PRICES),
      quantityLots: LOTS,
      makerRate: 1_000n,
      takerRate: 2_000n,
    };
  }

  #enter(state: MarketState, terms: readonly OrderTerms[]): void {
    const timeMs = this.#exchange.clock.nowMs();
    const commands = terms.map((order) => ({
      id: order.id,
      correlationId: order.id,
      sequence: String(++this.#sequence),
      timeMs,
      command: { kind: "place", id: order.id, order } as const,
    }));
    const planned = plan(state, { epoch: "crowd", commands });
    if (planned.completed !== terms.length) throw new Error("the crowd's orders do not fit into an entry");
    advance(state, planned);
  }

  #orderItem(terms: OrderTerms, version: number): Item & Key {
    const nowMs = this.#exchange.clock.nowMs();
    const pending = pendingOrderItem({
      market: this.#exchange.market.market,
      terms,
      status: "open",
      filledLots: 0n,
      filledQuote: 0n,
      fee: 0n,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    });
    const { pendingUserId: _, ...item } = pending;
    return {
      ...item,
      pk: pending.pk,
      sk: pending.sk,
      ...entered(terms.userId).set,
      version: BigInt(version),
    };
  }

  async #put(puts: readonly Put[]): Promise<void> {
    const { store } = this.#exchange;
    let next = 0;
    const write = async (): Promise<void> => {
      while (next < puts.length) {
        const some = puts.slice(next, next + PUTS_AT_ONCE);
        next += PUTS_AT_ONCE;
        await store.putMany(some);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
  }
}

function wallet(userId: string): Put {
  const money = { "available:USDT": 1_000_000n, "credited:USDT": 1_000_000n };
  return { table: "wallets", item: { ...walletKey(userId), revision: 1n, ...money } };
}
