import { deflateRawSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import {
  entryKey,
  entryWrite,
  sealedFrom,
  snapshotChunkKey,
  snapshotHeadersKey,
  versionKey,
} from "../../../lib/journal/journal-items.ts";
import { recover } from "../../../lib/journal/recover.ts";
import { saveSnapshot } from "../../../lib/journal/snapshots.ts";
import type { Market } from "../../../lib/market/market.ts";
import { tradesKey } from "../../../lib/market-data/market-items.ts";
import { type Entry, seal, unseal } from "../../../lib/matching/entry.ts";
import { takeSnapshot } from "../../../lib/matching/snapshot.ts";
import { checkMarket, type MarketCheck } from "../../../lib/reconciliation/check-market.ts";
import type { Item, Key } from "../../../lib/store/store.ts";
import { VirtualClock } from "../../simulation/effects.ts";
import { hookedStore } from "../../simulation/faulty-store.ts";
import { CATALOGUE, InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { openAccounts, trade } from "../../simulation/random-trading.ts";
import { limit } from "../../simulation/traders.ts";
import { termsOf } from "../../support/matching/random-commands.ts";

const MARKET = CATALOGUE.markets.get("BTC-USDT") as Market;
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore({ pageItems: 25 }), { clock });
  await openAccounts(exchange);
  await trade({ exchange, clock, orders: 120, seed: 91 });
  await exchange.project();
});

const check = (): Promise<MarketCheck> => checkMarket(MARKET, exchange);

async function entry(version: number): Promise<Entry> {
  const item = await exchange.store.get({ table: "journal", key: entryKey("BTC-USDT", version) });
  if (item === undefined) throw new Error("no entry");
  return unseal(sealedFrom(item));
}

async function head(): Promise<number> {
  return (await recover(MARKET, Number.POSITIVE_INFINITY, exchange)).head.version;
}

/** An order of the book, as the table holds it. */
async function liveOrder(): Promise<Key> {
  const state = await recover(MARKET, Number.POSITIVE_INFINITY, exchange);
  const order = state.book.best("buy") ?? state.book.best("sell");
  return { pk: `USER#${order?.userId}`, sk: `ORDER#${order?.id}` };
}

async function expectFound(message: RegExp): Promise<void> {
  const { differences } = await check();
  expect(differences.length).toBeGreaterThan(0);
  expect(differences.join("; ")).toMatch(message);
}

describe("a sound market", () => {
  test("shows no difference, and how much was looked at", async () => {
    await saveSnapshot(await recover(MARKET, Number.POSITIVE_INFINITY, exchange), exchange);
    const found = await check();
    const state = await recover(MARKET, Number.POSITIVE_INFINITY, exchange);
    expect(found).toMatchObject({
      entries: state.head.version,
      liveOrders: state.book.size,
      differences: [],
    });
    expect(found.trades).toBeGreaterThan(10);
  });

  test("shows none while trading goes on between any two reads", async () => {
    let isInside = false;
    let reads = 0;
    const after = async (): Promise<void> => {
      if (isInside) return;
      isInside = true;
      await trade({ exchange, clock, orders: reads < 40 ? 3 : 0, seed: 2_000 + reads++ });
      if (reads % 5 === 0) await exchange.project();
      isInside = false;
    };
    const ports = { ...exchange, store: hookedStore(exchange.store, { after }) };
    expect((await checkMarket(MARKET, ports)).differences).toEqual([]);
    expect(reads).toBeGreaterThan(10);
  });

  test("shows none with orders that have not had their turn", async () => {
    await limit(exchange, "ALICE", ["buy", "50", "1"]);
    expect((await check()).differences).toEqual([]);
  });
});

describe("a difference in the journal", () => {
  async function overwrite(version: number, body: Uint8Array, hash?: string): Promise<void> {
    const set = { body, ...(hash === undefined ? {} : { hash }) };
    await exchange.store.write({ kind: "update", table: "journal", key: entryKey("BTC-USDT", version), set });
  }

  test("an entry whose text was changed", async () => {
    await overwrite(9, deflateRawSync("{}"));
    await expectFound(/entry 9 .* does not match its hash/);
  });

  test("an entry whose text is gone", async () => {
    await overwrite(9, new Uint8Array());
    await expectFound(/entry 9 of BTC-USDT cannot be unpacked/);
  });

  test("an entry that was changed and sealed again", async () => {
    const { body, hash } = seal({ ...(await entry(9)), timeMs: 1 });
    await overwrite(9, deflateRawSync(body), hash);
    await expectFound(/entry 10 .* chain of hashes/);
  });

  test("an entry that is missing", async () => {
    await exchange.store.write({ kind: "delete", table: "journal", key: entryKey("BTC-USDT", 9) });
    await expectFound(/no entry 9/);
  });

  test("a command that was applied twice", async () => {
    const last = await entry(await head());
    const again: Entry = {
      ...last,
      version: last.version + 1,
      previousHash: (await recover(MARKET, Number.POSITIVE_INFINITY, exchange)).head.hash,
      commands: [last.commands[0] as string],
      events: [],
      levels: { buy: [], sell: [] },
    };
    await exchange.store.write(entryWrite(seal(again)));
    await expectFound(/command .* was applied twice/);
  });

  test("a book that is crossed", async () => {
    const state = await recover(MARKET, Number.POSITIVE_INFINITY, exchange);
    const order = termsOf({ id: "X1", priceTicks: 100_000n, quantityLots: 1n });
    const crossed: Entry = {
      ...(await entry(state.head.version)),
      version: state.head.version + 1,
      previousHash: state.head.hash,
      commands: ["X1"],
      events: [{ type: "opened", order }, { type: "rested" }],
      levels: { buy: [[100_000n, 1n]], sell: [] },
    };
    await exchange.store.write(entryWrite(seal(crossed)));
    await expectFound(/the book is crossed at version/);
  });
});

describe("a difference between the journal and what was made of it", () => {
  test("a snapshot, whole, but of another state", async () => {
    const state = await recover(MARKET, Number.POSITIVE_INFINITY, exchange);
    state.fees.base += 1n;
    await saveSnapshot(state, exchange);
    await expectFound(/the snapshot of version \d+ is not what the journal gives/);
  });

  test("a snapshot of which a chunk was swapped, under a checksum that fits", async () => {
    const state = await recover(MARKET, Number.POSITIVE_INFINITY, exchange);
    await saveSnapshot(state, exchange);
    state.accounts.set("MALLORY", { status: "frozen", number: 1 });
    const { bytes, checksum } = takeSnapshot(state);
    const { version } = state.head;
    const header = { pk: snapshotHeadersKey("BTC-USDT"), sk: versionKey(version) };
    await exchange.store.write({
      kind: "update",
      table: "journal",
      key: snapshotChunkKey("BTC-USDT", version, 0),
      set: { data: bytes },
    });
    await exchange.store.write({ kind: "update", table: "journal", key: header, set: { checksum } });
    await expectFound(/the snapshot of version/);
  });

  test("trades that were changed, or are missing", async () => {
    const { items } = await exchange.store.query({ table: "market-data", pk: tradesKey("BTC-USDT") });
    const [first, second] = items.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) })) as [Key, Key];
    await exchange.store.write({ kind: "update", table: "market-data", key: first, set: { trades: "[]" } });
    await exchange.store.write({ kind: "delete", table: "market-data", key: second });
    const { differences } = await check();
    expect(differences).toMatchObject([/the trades of version/, /the trades of version/]);
  });

  test.each<[string, Item]>([
    ["another status", { status: "partially_filled", filledLots: 0n }],
    ["more filled", { filledLots: 1_000_000n }],
    ["more paid", { filledQuote: 10n ** 20n }],
    ["another fee", { fee: 10n ** 20n }],
    ["another version", { version: 0n }],
  ])("an order of the book that stands in the table with %s", async (_, set) => {
    const key = await liveOrder();
    const before = await exchange.store.get({ table: "orders", key });
    const status = before?.status === "open" ? "partially_filled" : "open";
    await exchange.store.write({
      kind: "update",
      table: "orders",
      key,
      set: "status" in set ? { status } : set,
    });
    await expectFound(/order .* of the book stands otherwise in the table/);
  });

  test("an order of the book that is not in the table", async () => {
    await exchange.store.write({ kind: "delete", table: "orders", key: await liveOrder() });
    await expectFound(/of the book stands otherwise/);
  });

  test("an order that is live in the table and not on the book", async () => {
    const { items } = await exchange.store.scan({ table: "orders" });
    const closed = items.find(({ status, market }) => status === "filled" && market === "BTC-USDT");
    const key = { pk: String(closed?.pk), sk: String(closed?.sk) };
    await exchange.store.write({
      kind: "update",
      table: "orders",
      key,
      set: { status: "open", liveUserId: String(closed?.pk) },
    });
    await expectFound(/order .* is live in the table and not on the book/);
  });

  test.each([
    ["status", "cancelled"],
    ["reason", "admin"],
    ["filledLots", 1n],
    ["filledQuote", 7n],
    ["fee", 9n],
    ["version", 1n],
  ] as const)("an order that is closed and stands with another %s in the table", async (attribute, value) => {
    const { items } = await exchange.store.scan({ table: "orders" });
    const filled = items.find(({ status, market }) => status === "filled" && market === "BTC-USDT");
    const key = { pk: String(filled?.pk), sk: String(filled?.sk) };
    await exchange.store.write({ kind: "update", table: "orders", key, set: { [attribute]: value } });
    await expectFound(/order .* that is filled stands otherwise in the table/);
  });

  test("an order that is closed and gone from the table", async () => {
    const { items } = await exchange.store.scan({ table: "orders" });
    const cancelled = items.find(({ status, market }) => status === "cancelled" && market === "BTC-USDT");
    const key = { pk: String(cancelled?.pk), sk: String(cancelled?.sk) };
    await exchange.store.write({ kind: "delete", table: "orders", key });
    await expectFound(/order .* that is cancelled stands otherwise in the table/);
  });

  test("many of them are told in a few", async () => {
    for (const { pk, sk } of (await exchange.store.scan({ table: "orders", index: "live" })).items) {
      await exchange.store.write({
        kind: "delete",
        table: "orders",
        key: { pk: String(pk), sk: String(sk) },
      });
    }
    const { differences, liveOrders } = await check();
    expect(liveOrders).toBeGreaterThan(20);
    expect(differences).toHaveLength(20);
  });
});
