import { beforeEach, describe, expect, test } from "vitest";
import { sealedFrom } from "../../../lib/journal/journal-items.ts";
import { ContendedWallets } from "../../../lib/matcher/contended-wallets.ts";
import type { Taken } from "../../../lib/matcher/matcher.ts";
import { unseal } from "../../../lib/matching/entry.ts";
import { type SlotReason, StoreUnavailable, type Write } from "../../../lib/store/store.ts";
import { cancelOrder } from "../../../lib/trading/cancel-order.ts";
import { hotMarkPlace, isHot } from "../../../lib/wallet/hot-wallet.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import { type Hooks, hookedStore, type StoreCall } from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { limit, openAccount, orderNow, place } from "../../simulation/traders.ts";

const MARKET = "BTC-USDT";
let clock: VirtualClock;
let log: RecordingLog;
let exchange: InProcessExchange;
let metrics: Map<string, number>;
/** Attempts that were refused, in the order of time: the ids of the commands that each would have completed. */
let refused: (readonly string[])[];

beforeEach(async () => {
  clock = new VirtualClock();
  log = new RecordingLog();
  metrics = new Map();
  refused = [];
  const add = (name: string, _unit: string, value: number) =>
    void metrics.set(name, (metrics.get(name) ?? 0) + value);
  exchange = new InProcessExchange(new MemoryStore(), { clock, log, metrics: { add } });
  for (const userId of ["ALICE", "BOB", "MAKER"])
    await openAccount(exchange, { userId, funds: { USDT: "100000", BTC: "10" } });
});

const sell = (userId: string, price: string) => limit(exchange, userId, ["sell", price, "0.1"]);
const buy = (userId: string, price: string) => limit(exchange, userId, ["buy", price, "0.1"]);
const statusOf = async (order: Parameters<typeof orderNow>[0]) => (await orderNow(order, exchange)).status;

function isWalletOf(userId: string) {
  return (write: Write): boolean =>
    write.kind === "update" &&
    write.table === "wallets" &&
    write.key.sk === "WALLET" &&
    write.key.pk === walletKey(userId).pk;
}

/** Somebody else is writing the maker's wallet, the first so many times that it is wanted. */
function contended(times: number, more: Hooks = {}): Hooks {
  let left = times;
  return {
    ...more,
    before: (call: StoreCall) => {
      if (call.operation !== "transact" || !call.input.some(isWalletOf("MAKER")) || left-- <= 0)
        return more.before?.(call);
      clock.advance(10);
      const [entry] = call.input;
      if (entry?.kind === "put") refused.push(unseal(sealedFrom(entry.item)).commands);
      const reasons = call.input.map(
        (write): SlotReason => ({ code: isWalletOf("MAKER")(write) ? "conflict" : "none" }),
      );
      return { ok: false, reasons };
    },
  };
}

async function take(hooks: Hooks): Promise<Taken> {
  const matcher = exchange.newMatcher(MARKET, { store: hookedStore(exchange.store, hooks) });
  const batch = exchange.receive(MARKET);
  const taken = await matcher.take(batch.commands, exchange.deadlines());
  exchange.acknowledge(MARKET, batch, taken.completed);
  return taken;
}

async function entries(): Promise<readonly (readonly string[])[]> {
  const { items } = await exchange.store.query({ table: "journal", pk: MARKET });
  return items.map((item) => unseal(sealedFrom(item)).commands);
}

describe("a wallet that others keep writing", () => {
  test("what comes before the first command that needs it is committed, and the rest waits in its order", async () => {
    const quote = await sell("MAKER", "50000");
    await exchange.match(MARKET);
    const before = await sell("BOB", "51000");
    const taker = await buy("ALICE", "50000");
    const after = await sell("BOB", "52000");
    expect(await take(contended(Number.POSITIVE_INFINITY))).toEqual({ completed: 1, ended: "store_busy" });
    expect(await statusOf(before)).toBe("open");
    for (const order of [taker, after]) expect(await statusOf(order)).toBe("pending");
    expect(await exchange.match(MARKET)).toBe(2);
    expect(await statusOf(quote)).toBe("filled");
    expect(await entries()).toEqual([[quote.terms.id], [before.terms.id], [taker.terms.id, after.terms.id]]);
    expect(await violations(exchange)).toEqual([]);
  });

  test("what slow attempts have shown is remembered by the next batch, so that a slow store cannot keep others waiting", async () => {
    await sell("MAKER", "100");
    await exchange.match(MARKET);
    const other = await buy("ALICE", "90");
    const taking = await buy("BOB", "100");
    const hooks = contended(Number.POSITIVE_INFINITY);
    const slow: Hooks = {
      before: (call) => {
        const outcome = hooks.before?.(call);
        if (outcome !== undefined) clock.advance(1_100);
        return outcome;
      },
    };
    const matcher = exchange.newMatcher(MARKET, { store: hookedStore(exchange.store, slow) });
    for (let delivery = 0; delivery < 2; delivery++) {
      const batch = exchange.receive(MARKET);
      const { completed } = await matcher.take(batch.commands, exchange.deadlines());
      exchange.acknowledge(MARKET, batch, completed);
      clock.advance(10_001);
    }
    expect(await statusOf(other)).toBe("open");
    expect(await statusOf(taking)).toBe("pending");
  });

  test("a few conflicts are chance: the same entry is tried again, and nothing is marked", async () => {
    await sell("MAKER", "50000");
    await exchange.match(MARKET);
    const orders = [await sell("BOB", "51000"), await buy("ALICE", "50000")];
    expect(await take(contended(2))).toEqual({ completed: 2, ended: "all_done" });
    expect((await entries()).at(-1)).toEqual(orders.map(({ terms }) => terms.id));
    expect(await exchange.store.get(hotMarkPlace("MAKER"))).toBeUndefined();
  });

  test("all commands that need it are committed together, so that it is written once", async () => {
    const quotes = [await sell("MAKER", "50000"), await sell("MAKER", "50100")];
    await exchange.match(MARKET);
    const cancel = ({ terms }: (typeof quotes)[number]) =>
      cancelOrder(
        { userId: "MAKER", orderId: terms.id, operationId: `C${terms.id}`, correlationId: "c" },
        exchange,
      );
    const [one, two] = quotes as [(typeof quotes)[number], (typeof quotes)[number]];
    const first = await sell("BOB", "51000");
    await cancel(one);
    const between = await sell("BOB", "52000");
    await cancel(two);
    expect((await take(contended(5))).completed).toBe(4);
    expect((await entries()).slice(1)).toEqual([
      [first.terms.id],
      [`C${one.terms.id}`, between.terms.id, `C${two.terms.id}`],
    ]);
  });

  test("it is marked, counted for its market and logged with its user, and its owner's orders are refused meanwhile", async () => {
    const quote = await sell("MAKER", "50000");
    await exchange.match(MARKET);
    await buy("ALICE", "50000");
    await take(contended(3));
    expect(await statusOf(quote)).toBe("filled");
    expect(isHot(await exchange.store.get(hotMarkPlace("MAKER")), clock.nowMs())).toBe(true);
    expect(metrics.get("Conflicts")).toBe(3);
    expect(metrics.get("WalletsContended")).toBe(1);
    const line = log.lines.find(({ event }) => event === "wallet_contended");
    expect(line?.fields).toEqual({ market: MARKET, userId: "MAKER" });
    const wish = { side: "sell", type: "limit", price: "60000", quantity: "0.1" } as const;
    expect(await place(exchange, "MAKER", wish)).toMatchObject({ refusal: { code: "RATE_LIMITED" } });
    clock.advance(200);
    expect((await place(exchange, "MAKER", wish)).ok).toBe(true);
  });

  test("it is marked once in a while, however often the commit fails", async () => {
    await sell("MAKER", "50000");
    await exchange.match(MARKET);
    await buy("ALICE", "50000");
    let marks = 0;
    const before = (call: StoreCall) => void (call.operation === "write" && marks++);
    await take(contended(Number.POSITIVE_INFINITY, { before }));
    expect(refused.length).toBeGreaterThan(marks);
    expect(marks).toBeGreaterThan(1);
    expect(metrics.get("WalletsContended")).toBe(marks);
  });

  test("what was shown is forgotten with some progress, and holds up nothing of the next batch", async () => {
    for (const price of ["50000", "50100"]) await sell("MAKER", price);
    await exchange.match(MARKET);
    const matcher = exchange.newMatcher(MARKET, { store: hookedStore(exchange.store, contended(3)) });
    await buy("ALICE", "50000");
    await exchange.match(MARKET, matcher);
    const later = [await sell("BOB", "60000"), await buy("ALICE", "50100")];
    await exchange.match(MARKET, matcher);
    expect((await entries()).at(-1)).toEqual(later.map(({ terms }) => terms.id));
  });

  test("what was planned with it is taken back, and the journal is not read again", async () => {
    await sell("MAKER", "50000");
    await exchange.match(MARKET);
    await sell("BOB", "51000");
    await buy("ALICE", "50000");
    let reads = 0;
    const before = (call: StoreCall) => void (call.operation === "query" && reads++);
    await take({ before });
    const usual = reads;
    await sell("MAKER", "50000");
    await exchange.match(MARKET);
    await sell("BOB", "51000");
    await buy("ALICE", "50000");
    reads = 0;
    expect((await take(contended(5, { before }))).completed).toBe(2);
    expect(reads).toBe(usual);
  });

  test("where the mark cannot be written the commit goes on without it", async () => {
    const quote = await sell("MAKER", "50000");
    await exchange.match(MARKET);
    await buy("ALICE", "50000");
    const before = (call: StoreCall) => {
      if (call.operation === "write") throw new StoreUnavailable("no answer");
      return undefined;
    };
    expect((await take(contended(4, { before }))).completed).toBe(1);
    expect(await statusOf(quote)).toBe("filled");
  });
});

describe("a wallet's mark", () => {
  const ports = (store = exchange.store) => ({ ...exchange, store });
  const until = async () => (await exchange.store.get(hotMarkPlace("ALICE")))?.hotUntilMs;

  test("is set with the third conflict of one user, for 200 ms, and again when it has ended", async () => {
    const wallets = new ContendedWallets(MARKET);
    const startMs = clock.nowMs();
    const conflict = async (atMs: number) => {
      clock.advance(startMs + atMs - clock.nowMs());
      return await wallets.add(["ALICE"], ports());
    };
    expect([await conflict(0), await conflict(0), await conflict(0)]).toEqual([false, false, true]);
    expect(await until()).toBe(BigInt(startMs + 200));
    expect(await conflict(199)).toBe(false);
    expect(await until()).toBe(BigInt(startMs + 200));
    await conflict(200);
    expect(await until()).toBe(BigInt(startMs + 400));
    expect([...wallets.userIds]).toEqual(["ALICE"]);
  });

  test("is counted one by one", async () => {
    const told: unknown[] = [];
    const add = (...told_: readonly unknown[]) => void told.push(told_);
    await new ContendedWallets(MARKET).add(["ALICE", "ALICE", "ALICE"], { ...ports(), metrics: { add } });
    expect(told).toEqual([["WalletsContended", "Count", 1, { market: MARKET }]]);
  });

  test("that fails for a reason that nobody knows fails the batch", async () => {
    const store = hookedStore(exchange.store, {
      before: () => {
        throw new RangeError("a bug");
      },
    });
    const wallets = new ContendedWallets(MARKET);
    await expect(wallets.add(["ALICE", "ALICE", "ALICE"], ports(store))).rejects.toBeInstanceOf(RangeError);
  });
});
