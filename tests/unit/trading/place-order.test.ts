import { beforeEach, describe, expect, test } from "vitest";
import type { Result } from "../../../lib/contract/refusal.ts";
import { expiryOf, requestKey } from "../../../lib/idempotency/request-item.ts";
import { gateKey } from "../../../lib/market/gate.ts";
import type { OrderRecord } from "../../../lib/orders/order-item.ts";
import { type CommandQueue, QueueUnavailable } from "../../../lib/ports/command-queue.ts";
import { type Store, StoreUnavailable } from "../../../lib/store/store.ts";
import { placeOrder, SEND_WITHIN_MS } from "../../../lib/trading/place-order.ts";
import { PENDING_LIMIT_MS, sweepPendingOrders } from "../../../lib/trading/sweep.ts";
import { walletKey } from "../../../lib/wallet/wallet-item.ts";
import { type RecordingLog, VirtualClock } from "../../simulation/effects.ts";
import {
  busy,
  firstTimes,
  type Hooks,
  hookedStore,
  transacts,
  unavailable,
} from "../../simulation/faulty-store.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { violations } from "../../simulation/invariants.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import {
  accepted,
  balance,
  openAccount,
  orderNow,
  type Ports,
  place,
  type Wish,
} from "../../simulation/traders.ts";
import { codeOf } from "../../support/code-of.ts";

const BUY: Wish = { side: "buy", type: "limit", price: "50000", quantity: "0.5" };
const KEY = { key: "key-1", fingerprint: "f1" };
let clock: VirtualClock;
let exchange: InProcessExchange;

beforeEach(async () => {
  clock = new VirtualClock();
  exchange = new InProcessExchange(new MemoryStore(), { clock });
  await openAccount(exchange, { userId: "ALICE", funds: { USDT: "100000" } });
});

/** The same exchange with an adversary around its store. */
function hooked(hooks: Hooks): Ports {
  return { ...exchange, store: hookedStore(exchange.store, hooks) };
}

function sending(send: CommandQueue["send"]): Ports {
  return { ...exchange, queue: { ...exchange.queue, send } };
}

/** An action between the look and the write, after which the write takes place. */
const quietly = (action: () => Promise<unknown>) => async (): Promise<undefined> => {
  await action();
};
const unreachable = async () => {
  throw new QueueUnavailable("nobody answers");
};
const reserves = (call: Parameters<typeof transacts>[0]) =>
  transacts(call, (write) => write.kind === "put" && write.table === "orders");
const voids = (call: Parameters<typeof transacts>[0]) =>
  transacts(call, (write) => write.kind === "update" && write.table === "orders");

async function setGate(status: string): Promise<void> {
  const key = gateKey("BTC-USDT");
  await exchange.store.write({ kind: "update", table: "market-data", key, set: { status } });
}

async function freeze(store: Store): Promise<void> {
  await store.write({ kind: "update", table: "wallets", key: walletKey("ALICE"), set: { frozen: true } });
}

describe("place order", () => {
  test("accepted > holds what it can cost, stands as pending, and is one command in its market's queue", async () => {
    const order = accepted(await place(exchange, "ALICE", { ...BUY, clientOrderId: "mine" }));
    expect(order).toMatchObject({ status: "pending", clientOrderId: "mine", market: "BTC-USDT" });
    expect(await orderNow(order, exchange)).toEqual(order);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
    expect(exchange.receive("BTC-USDT").commands).toMatchObject([
      { id: order.terms.id, command: { kind: "place" } },
    ]);
    expect(await violations(exchange)).toEqual([]);
  });

  test("refused > the first refusal in the documented order counts, and leaves the wallet and the queue untouched", async () => {
    await setGate("halted");
    await freeze(exchange.store);
    const wrong: Wish = { side: "buy", type: "limit", market: "DOGE-USDT", price: "x", quantity: "0.00001" };
    const steps: readonly (readonly [Partial<Wish>, string])[] = [
      [{}, "UNKNOWN_MARKET"],
      [{ market: "BTC-USDT" }, "VALIDATION_ERROR"],
      [{ price: "0.001" }, "PRICE_NOT_ON_TICK"],
      [{ price: "0.01" }, "QUANTITY_NOT_ON_LOT"],
      [{ quantity: "0.0001" }, "NOTIONAL_TOO_SMALL"],
      [{ price: "50000", quantity: "99" }, "MARKET_HALTED"],
    ];
    let wish = wrong;
    for (const [change, code] of steps) {
      wish = { ...wish, ...change };
      expect(codeOf(await place(exchange, "ALICE", wish))).toBe(code);
    }
    await setGate("open");
    expect(codeOf(await place(exchange, "ALICE", wish))).toBe("ACCOUNT_FROZEN");
    await exchange.store.write({
      kind: "update",
      table: "wallets",
      key: walletKey("ALICE"),
      remove: ["frozen"],
    });
    expect(codeOf(await place(exchange, "ALICE", wish))).toBe("INSUFFICIENT_FUNDS");
    expect(codeOf(await place(exchange, "NOBODY", wish))).toBe("INSUFFICIENT_FUNDS");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    const { lines } = exchange.log as RecordingLog;
    expect(lines.filter(({ event }) => event === "order_creation_failed")).toHaveLength(steps.length + 3);
  });

  test("funds > all that is available may be ordered for, and not one unit more", async () => {
    expect(codeOf(await place(exchange, "ALICE", { ...BUY, quantity: "2" }))).toBe("accepted");
    expect(codeOf(await place(exchange, "ALICE", { ...BUY, price: "0.01", quantity: "500" }))).toBe(
      "INSUFFICIENT_FUNDS",
    );
    expect(await balance(exchange, "ALICE", "USDT")).toBe("0 + 100000");
  });

  test("funds that go between the look and the write > refuses as the wallet is then", async () => {
    const spend = hooked({
      before: firstTimes(
        1,
        reserves,
        quietly(() => place(exchange, "ALICE", { ...BUY, quantity: "2" })),
      ),
    });
    expect(codeOf(await place(spend, "ALICE", BUY))).toBe("INSUFFICIENT_FUNDS");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
  });

  test("an account frozen between the look and the write > refuses", async () => {
    const ports = hooked({
      before: firstTimes(
        1,
        reserves,
        quietly(() => freeze(exchange.store)),
      ),
    });
    expect(codeOf(await place(ports, "ALICE", BUY))).toBe("ACCOUNT_FROZEN");
  });
});

describe("place order under a client order id", () => {
  const named: Wish = { ...BUY, clientOrderId: "mine" };

  test("again with the same body > is the first order, also once it has closed", async () => {
    const first = accepted(await place(exchange, "ALICE", named));
    const reworded = {
      clientOrderId: "mine",
      quantity: "0.5",
      price: "50000",
      type: "limit",
      side: "buy",
    } as const;
    expect(accepted(await place(exchange, "ALICE", reworded)).terms.id).toBe(first.terms.id);
    await exchange.matchAll();
    expect(accepted(await place(exchange, "ALICE", named))).toMatchObject({
      status: "open",
      terms: first.terms,
    });
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
  });

  test.each<[string, Partial<Wish>]>([
    ["quantity", { quantity: "0.4" }],
    ["market", { market: "ETH-USDT" }],
    ["time in force", { timeInForce: "IOC" }],
  ])("again with another %s > is refused", async (_, change) => {
    accepted(await place(exchange, "ALICE", named));
    expect(codeOf(await place(exchange, "ALICE", { ...named, ...change }))).toBe("DUPLICATE_CLIENT_ORDER_ID");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
  });

  test("of another user > is another name", async () => {
    await openAccount(exchange, { userId: "BOB", funds: { USDT: "100000" } });
    const orders = [
      accepted(await place(exchange, "ALICE", named)),
      accepted(await place(exchange, "BOB", named)),
    ];
    expect(new Set(orders.map(({ terms }) => terms.id)).size).toBe(2);
  });

  test("two at once with one body > one order, which both are told", async () => {
    const both = await Promise.all([place(exchange, "ALICE", named), place(exchange, "ALICE", named)]);
    expect(new Set(both.map((each) => accepted(each).terms.id)).size).toBe(1);
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
  });

  test("two at once with different bodies > one order and one refusal", async () => {
    const both = await Promise.all([
      place(exchange, "ALICE", named),
      place(exchange, "ALICE", { ...named, quantity: "0.4" }),
    ]);
    expect(both.map(codeOf).sort()).toEqual(["DUPLICATE_CLIENT_ORDER_ID", "accepted"]);
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
  });
});

describe("place order under an idempotency key", () => {
  const again = async (
    ports: Ports,
    operationId: string,
    wish = BUY,
    idempotency = KEY,
  ): Promise<Result<OrderRecord>> => await place(ports, "ALICE", wish, { operationId, idempotency });

  test("again under its operation id > is the order as it is now, and is not sent again", async () => {
    const first = accepted(await again(exchange, "O1"));
    await exchange.matchAll();
    expect(accepted(await again(exchange, "O1"))).toMatchObject({ status: "open", terms: first.terms });
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
  });

  test("again in a halted market, without money > is still the first order", async () => {
    accepted(await again(exchange, "O1", { ...BUY, quantity: "2" }));
    await setGate("halted");
    expect(codeOf(await again(exchange, "O1", { ...BUY, quantity: "2" }))).toBe("accepted");
  });

  test("two at once > one order, which both are told", async () => {
    const both = await Promise.all([again(exchange, "O1"), again(exchange, "O2")]);
    expect(new Set(both.map((each) => accepted(each).terms.id)).size).toBe(1);
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
  });

  test("two at once with different bodies > one order and one mismatch", async () => {
    const both = await Promise.all([
      again(exchange, "O1"),
      again(exchange, "O2", { ...BUY, quantity: "0.4" }, { ...KEY, fingerprint: "f2" }),
    ]);
    expect(both.map(codeOf).sort()).toEqual(["IDEMPOTENCY_MISMATCH", "accepted"]);
  });

  test("its record is kept for two days, and stands in the order's own transaction", async () => {
    accepted(await again(exchange, "O1"));
    const record = await exchange.store.get({ table: "requests", key: requestKey("ALICE", "key-1") });
    const expiresAt = expiryOf(clock.nowMs());
    expect(record).toMatchObject({ operationId: "O1", fingerprint: "f1", expiresAt });
  });

  test("that is its client order id as well > is one record", async () => {
    const wish = { ...BUY, clientOrderId: "key-1" };
    accepted(await again(exchange, "O1", wish));
    const record = await exchange.store.get({ table: "requests", key: requestKey("ALICE", "key-1") });
    expect(record).toMatchObject({
      operationId: "O1",
      clientOrderId: "O1",
      expiresAt: expiryOf(clock.nowMs()),
    });
    expect(accepted(await again(exchange, "O1", wish)).terms.id).toBe("O1");
    expect(accepted(await place(exchange, "ALICE", wish)).terms.id).toBe("O1");
  });

  test("that was a client order id before > shares its record, and keeps both for two days from now", async () => {
    const first = accepted(await place(exchange, "ALICE", { ...BUY, clientOrderId: "key-1" }));
    clock.advance(60 * 60_000);
    accepted(await again(exchange, "O1", { ...BUY, quantity: "0.4" }));
    const record = await exchange.store.get({ table: "requests", key: requestKey("ALICE", "key-1") });
    expect(record).toMatchObject({
      operationId: "O1",
      clientOrderId: first.terms.id,
      expiresAt: expiryOf(clock.nowMs()),
    });
  });

  test("that becomes a client order id meanwhile > shares its record, and is accepted", async () => {
    const steal = hooked({
      before: firstTimes(
        1,
        reserves,
        quietly(() => place(exchange, "ALICE", { ...BUY, clientOrderId: "key-1" })),
      ),
    });
    expect(accepted(await again(steal, "O1", { ...BUY, quantity: "0.4" })).terms.id).toBe("O1");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(2);
    const record = await exchange.store.get({ table: "requests", key: requestKey("ALICE", "key-1") });
    expect(record).toMatchObject({ operationId: "O1", clientOrderId: expect.any(String) });
  });

  test("crossed with another order's, each one's key being the other's client order id > both are accepted", async () => {
    const crossed = async (operationId: string, clientOrderId: string, key: string) =>
      await again(exchange, operationId, { ...BUY, clientOrderId }, { ...KEY, key });
    const both = await Promise.all([crossed("O1", "a", "b"), crossed("O2", "b", "a")]);
    expect(both.map((each) => accepted(each).terms.id)).toEqual(["O1", "O2"]);
    expect(accepted(await crossed("O3", "a", "b")).terms.id).toBe("O1");
    expect(await violations(exchange)).toEqual([]);
  });

  test("crossed with another order's at once, the texts being one another's twins > one order or a refusal, never 503", async () => {
    const crossed = async (operationId: string, quantity: string) =>
      await again(
        exchange,
        operationId,
        { ...BUY, quantity, clientOrderId: "key-1" },
        { ...KEY, fingerprint: quantity },
      );
    const all = await Promise.all([crossed("O1", "0.5"), crossed("O2", "0.4"), crossed("O3", "0.5")]);
    expect(all.map(codeOf)).toEqual(["accepted", "IDEMPOTENCY_MISMATCH", "accepted"]);
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
  });
});

describe("a client order id past its time", () => {
  const wish = { ...BUY, quantity: "0.1", clientOrderId: "mine" };
  const TWO_DAYS_MS = 48 * 60 * 60_000;

  test("names a new order, also where the store has not removed it", async () => {
    const first = accepted(await place(exchange, "ALICE", wish));
    clock.advance(TWO_DAYS_MS - 60_000);
    expect(accepted(await place(exchange, "ALICE", wish)).terms.id).toBe(first.terms.id);
    clock.advance(60_000);
    const second = accepted(await place(exchange, "ALICE", { ...wish, quantity: "0.2" }));
    expect(second.terms.id).not.toBe(first.terms.id);
    expect(codeOf(await place(exchange, "ALICE", wish))).toBe("DUPLICATE_CLIENT_ORDER_ID");
    const record = await exchange.store.get({ table: "requests", key: requestKey("ALICE", "mine") });
    expect(record).toMatchObject({ clientOrderId: second.terms.id, expiresAt: expiryOf(clock.nowMs()) });
  });

  test("and a key past its time, that only the reserve meets > stand in nobody's way", async () => {
    const under = (operationId: string) =>
      place(exchange, "ALICE", { ...BUY, quantity: "0.1" }, { operationId, idempotency: KEY });
    accepted(await under("O1"));
    clock.advance(TWO_DAYS_MS);
    expect(accepted(await under("O2")).terms.id).toBe("O2");
    expect(accepted(await under("O3")).terms.id).toBe("O2");
  });

  test("wanted by two at once > names one order, which both are told", async () => {
    accepted(await place(exchange, "ALICE", wish));
    clock.advance(TWO_DAYS_MS);
    const both = await Promise.all([place(exchange, "ALICE", wish), place(exchange, "ALICE", wish)]);
    expect(new Set(both.map((each) => accepted(each).terms.id)).size).toBe(1);
    expect(await exchange.queue.depth("BTC-USDT")).toBe(2);
  });
});

describe("place order while the store is in trouble", () => {
  test("its answer is lost after success > is accepted once", async () => {
    const ports = hooked({
      after: firstTimes(1, reserves, () => {
        throw unavailable();
      }),
    });
    const order = accepted(await place(ports, "ALICE", BUY));
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
    expect(exchange.receive("BTC-USDT").commands.map(({ id }) => id)).toEqual([order.terms.id]);
  });

  test("it is busy for a while > is accepted once it is not", async () => {
    const ports = hooked({ before: firstTimes(3, reserves, () => busy(2)) });
    accepted(await place(ports, "ALICE", BUY));
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
  });

  test("it is busy beside a condition that fails > the condition counts for nothing yet", async () => {
    const reasons = [{ code: "condition" }, { code: "conflict" }] as const;
    const ports = hooked({ before: firstTimes(1, reserves, () => ({ ok: false, reasons }) as const) });
    accepted(await place(ports, "ALICE", BUY));
  });

  test("it stays away > fails, and nothing was reserved", async () => {
    const ports = hooked({
      before: (call) => {
        if (reserves(call)) throw unavailable();
        return undefined;
      },
    });
    await expect(place(ports, "ALICE", BUY)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });

  test("it stays away after success > the order waits for the sweeper, and a repetition is told of it", async () => {
    const ports = hooked({
      after: (call) => {
        if (reserves(call)) throw unavailable();
      },
    });
    const operation = { operationId: exchange.random.id(clock.nowMs()), idempotency: KEY };
    await expect(place(ports, "ALICE", BUY, operation)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(accepted(await place(exchange, "ALICE", BUY, operation)).status).toBe("pending");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    clock.advance(PENDING_LIMIT_MS + 60_000);
    expect(await sweepPendingOrders(exchange)).toMatchObject({ voided: 1 });
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });
});

describe("place order in a function that is frozen on the way", () => {
  const sleepOnce = (ms: number) => hooked({ after: firstTimes(1, reserves, () => clock.advance(ms)) });

  test("thawed within the limit > is sent", async () => {
    accepted(await place(sleepOnce(SEND_WITHIN_MS), "ALICE", BUY));
    expect(await exchange.queue.depth("BTC-USDT")).toBe(1);
  });

  test("thawed too late > is voided and never sent, and a retry starts anew", async () => {
    const wish: Wish = { ...BUY, clientOrderId: "mine" };
    expect(codeOf(await place(sleepOnce(SEND_WITHIN_MS + 1), "ALICE", wish))).toBe("UNAVAILABLE");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    expect(codeOf(await place(exchange, "ALICE", wish))).toBe("accepted");
    expect(await violations(exchange)).toEqual([]);
  });

  test("thawed after the sweeper has been there > stays voided, with its hold released once", async () => {
    const ports = hooked({
      after: firstTimes(1, reserves, async () => {
        clock.advance(PENDING_LIMIT_MS + 60_000);
        await sweepPendingOrders(exchange);
      }),
    });
    const wish = { operationId: exchange.random.id(clock.nowMs()) };
    expect(codeOf(await place(ports, "ALICE", BUY, wish))).toBe("UNAVAILABLE");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });

  test("whose caller was answered meanwhile > is voided and never sent", async () => {
    const answered = new AbortController();
    const ports = hooked({ after: firstTimes(1, reserves, () => answered.abort()) });
    const input = { userId: "ALICE", operationId: "O1", correlationId: "c", over: answered.signal };
    const request = { market: "BTC-USDT", ...BUY };
    expect(codeOf(await placeOrder({ ...input, request }, ports))).toBe("UNAVAILABLE");
    expect(await exchange.queue.depth("BTC-USDT")).toBe(0);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });
});

describe("place order while the market's queue is in trouble", () => {
  const wish: Wish = { ...BUY, clientOrderId: "mine" };
  const operation = { operationId: "O1", idempotency: KEY };

  test("nothing arrives > is voided: hold released, names forgotten, and a retry starts anew", async () => {
    expect(codeOf(await place(sending(unreachable), "ALICE", wish, operation))).toBe("UNAVAILABLE");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    const retried = accepted(
      await place(exchange, "ALICE", { ...wish, quantity: "0.4" }, { operationId: "O2", idempotency: KEY }),
    );
    expect(retried).toMatchObject({ status: "pending", terms: { id: "O2" } });
    const voided = await orderNow({ ...retried, terms: { ...retried.terms, id: "O1" } }, exchange);
    expect(voided).toMatchObject({ status: "rejected", reason: "not_enqueued" });
    await exchange.matchAll();
    expect(await violations(exchange)).toEqual([]);
  });

  test("it arrives although nobody says so > is voided, and its command is dropped when it comes", async () => {
    const ports = sending(async (...command) => {
      await exchange.queue.send(...command);
      await unreachable();
    });
    expect(codeOf(await place(ports, "ALICE", wish, operation))).toBe("UNAVAILABLE");
    await exchange.matchAll();
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
    expect(await violations(exchange)).toEqual([]);
  });

  test("it arrives and is taken before the void > is accepted", async () => {
    const ports = sending(async (...command) => {
      await exchange.queue.send(...command);
      await exchange.matchAll();
      await unreachable();
    });
    expect(accepted(await place(ports, "ALICE", wish, operation))).toMatchObject({
      status: "open",
      version: 1,
    });
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
  });

  test("the void's answer is lost > says that it was not accepted, and releases the hold once", async () => {
    const lossy = hookedStore(exchange.store, {
      after: firstTimes(1, voids, () => {
        throw unavailable();
      }),
    });
    const ports = { ...sending(unreachable), store: lossy };
    expect(codeOf(await place(ports, "ALICE", wish, operation))).toBe("UNAVAILABLE");
    expect(await balance(exchange, "ALICE", "USDT")).toBe("100000 + 0");
  });

  test("any other fault of the queue > passes as it is, and the order waits for the sweeper", async () => {
    const ports = sending(async () => {
      throw new TypeError("a bug");
    });
    await expect(place(ports, "ALICE", wish)).rejects.toBeInstanceOf(TypeError);
    expect(await balance(exchange, "ALICE", "USDT")).toBe("75000 + 25000");
  });
});
