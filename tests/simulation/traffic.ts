import { resolveOrder } from "../../lib/admin/resolve-order.ts";
import { setMarketStatus } from "../../lib/admin/set-market-status.ts";
import { updateUser } from "../../lib/admin/users/update-user.ts";

import { idempotently } from "../../lib/idempotency/idempotently.ts";
import type { OrderRecord } from "../../lib/orders/order-item.ts";
import { QueueUnavailable } from "../../lib/ports/command-queue.ts";
import { StoreUnavailable } from "../../lib/store/store.ts";
import { cancelAllOrders, cancelOrder } from "../../lib/trading/cancel-order.ts";
import type { OrderRequest } from "../../lib/trading/order-request.ts";
import { placeOrder } from "../../lib/trading/place-order.ts";
import { creditDeposit } from "../../lib/wallet/credit-deposit.ts";
import { type Decision, decideWithdrawal } from "../../lib/wallet/decide-withdrawal.ts";
import { requestWithdrawal } from "../../lib/wallet/request-withdrawal.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import type { Memory, OrderRef } from "./memory.ts";
import type { WorldPorts } from "./world.ts";

export const MARKETS = ["BTC-USDT", "ETH-USDT"] as const;
export const USERS = ["ANNA", "BERT", "CARL", "DORA"] as const;

const FLOOD_SHARE = 0.1;

/** What a client does once: a use case, with the answer noted as the client's view. */
export type Action = { readonly name: string; run(ports: WorldPorts): Promise<void> };

/** Draws the next action. All chances are drawn here, so that what runs at the same time cannot change them. */
export function drawAction(chance: Chance, memory: Memory): Action {
  const user = chance.pick(USERS);
  const market = chance.pick(MARKETS);
  // Where a wallet was robbed, an administrator is busy with what comes of it.
  if (memory.suspects.length > 0 && chance.fraction() < 0.25) return resolveAction(chance, memory);
  const roll = chance.fraction();
  if (roll < 0.52) return orderAction(chance, memory, { user, request: drawOrder(chance, market) });
  if (roll < 0.68) return cancelAction(chance, memory);
  if (roll < 0.76) return cancelAllAction(chance, memory, { user, market });
  if (roll < 0.8) return depositAction(chance, memory, user);
  if (roll < 0.86) return withdrawalAction(memory, user);
  if (roll < 0.91) return decisionAction(chance, memory);
  if (roll < 0.94) return together(chance, () => haltAction(chance, market));
  if (roll < 0.97) return together(chance, () => freezeAction(chance, user));
  return repeatAction(chance, memory);
}

function drawOrder(chance: Chance, market: string): OrderRequest {
  const side = chance.pick(["buy", "sell"] as const);
  const roll = chance.fraction();
  const quantity = `${1 + chance.below(20)}`;
  if (roll < 0.12) {
    if (side === "sell") return { market, side, type: "market", quantity };
    return { market, side, type: "market", quoteQuantity: `${50 + chance.below(2_000)}.37` };
  }
  // So dear that the budget of a market order pays for no lot of it.
  const isFar = side === "sell" && chance.below(40) === 0;
  const price = isFar ? "90000000" : `${95 + chance.below(11)}`;
  const timeInForce = roll < 0.3 ? ("IOC" as const) : ("GTC" as const);
  return { market, side, type: "limit", price, quantity, timeInForce };
}

function orderAction(
  chance: Chance,
  memory: Memory,
  { user, request }: { user: string; request: OrderRequest },
): Action {
  const named = chance.fraction();
  // Few texts, so that one order's key is another's client order id, and both are used again.
  const most = chance.fraction() < 0.4 ? 3 : 1_000_000;
  const text = `name-${chance.below(most)}`;
  const other = chance.fraction() < 0.5 ? text : `name-${chance.below(most)}`;
  const order = named < 0.25 ? { ...request, clientOrderId: text } : request;
  const key = named > 0.15 && named < 0.5 ? other : undefined;
  const action: Action = {
    name: `${user} orders ${JSON.stringify(order)}${key === undefined ? "" : ` under ${key}`}`,
    run: (ports) => submitOrder({ user, order, key }, memory, ports),
  };
  if (key !== undefined || order.clientOrderId !== undefined) memory.repeatable.push(action);
  return action;
}

type Submission = { readonly user: string; readonly order: OrderRequest; readonly key: string | undefined };

async function submitOrder(
  { user, order, key }: Submission,
  memory: Memory,
  ports: WorldPorts,
): Promise<void> {
  const correlationId = ports.random.id(ports.clock.nowMs());
  await heard(async () => {
    if (key === undefined) {
      const operationId = ports.random.id(ports.clock.nowMs());
      const placed = await placeOrder({ userId: user, request: order, operationId, correlationId }, ports);
      if (placed.ok)
        memory.noteOrder({
          ...refOf(placed.value),
          // Nobody else can have placed it, so its command was sent before this answer.
          isSent: order.clientOrderId === undefined,
          name: order.clientOrderId,
        });
      return;
    }
    const call = { userId: user, key, fingerprint: JSON.stringify(order), kept: "transaction" } as const;
    const answer = await idempotently(
      call,
      async (operationId, idempotency) => {
        const placed = await placeOrder(
          { userId: user, request: order, operationId, correlationId, idempotency },
          ports,
        );
        return placed.ok ? { ok: true, value: { status: 201, body: { id: placed.value.terms.id } } } : placed;
      },
      ports,
    );
    if (!answer.ok) return;
    memory.noteOrder({
      userId: user,
      orderId: (answer.value.body as { id: string }).id,
      market: order.market,
      side: order.side,
      isSent: false,
      name: order.clientOrderId,
      key,
    });
  });
}

function cancelAction(chance: Chance, memory: Memory): Action {
  const turn = chance.fraction();
  const times = chance.fraction() < FLOOD_SHARE ? 2 + chance.below(20) : 1;
  return {
    name: times === 1 ? "a cancel" : `${times} cancels of an order`,
    run: async (ports) => {
      const order = memory.someOrder(turn);
      for (let time = 0; time < times && order !== undefined; time++) {
        const operationId = ports.random.id(ports.clock.nowMs());
        const asked = await heard(() =>
          cancelOrder({ ...order, operationId, correlationId: operationId }, ports),
        );
        if (asked?.ok === true) memory.cancelled.push(order);
      }
    },
  };
}

function cancelAllAction(
  chance: Chance,
  memory: Memory,
  { user, market }: { user: string; market: string },
): Action {
  const side = ([undefined, "buy", "sell"] as const)[chance.below(3)];
  return {
    name: `${user} cancels all ${side ?? "orders"} of ${market}`,
    run: async (ports) => {
      // What was accepted before is before it in the queue.
      const earlier = memory
        .ordersOf(user)
        .filter(
          (order) => order.isSent && order.market === market && (side === undefined || order.side === side),
        );
      const operationId = ports.random.id(ports.clock.nowMs());
      const all = { userId: user, market, side, operationId, correlationId: operationId };
      const asked = await heard(() => cancelAllOrders(all, ports));
      if (asked?.ok === true) memory.cancelled.push(...earlier);
    },
  };
}

function depositAction(chance: Chance, memory: Memory, user: string): Action {
  const asset = chance.pick(["USDT", "BTC", "ETH"]);
  const amount = `${1 + chance.below(500)}`;
  const reference = `deposit-${chance.below(1_000_000)}`;
  const action: Action = {
    name: `a deposit of ${amount} ${asset} for ${user}`,
    run: async (ports) => {
      const input = { userId: user, asset, amount, reference, actor: "ADMIN", requestId: "r" };
      const credited = await heard(() => creditDeposit(input, ports));
      if (credited?.ok === true) memory.noteDeposit(credited.value.deposit);
    },
  };
  memory.repeatable.push(action);
  return action;
}

function withdrawalAction(memory: Memory, user: string): Action {
  return {
    name: `${user} withdraws`,
    run: async (ports) => {
      const operationId = ports.random.id(ports.clock.nowMs());
      const input = { userId: user, asset: "USDT", amount: "250", address: "0xabc", operationId };
      const asked = await heard(() => requestWithdrawal(input, ports));
      if (asked?.ok === true) memory.withdrawals.push({ id: asked.value.id, userId: user });
    },
  };
}

function decisionAction(chance: Chance, memory: Memory): Action {
  const turn = chance.fraction();
  const decision = chance.pick<Decision>([
    { status: "completed", transactionId: "0x1" },
    { status: "rejected", reason: "no" },
    { status: "cancelled" },
  ]);
  return {
    name: `a withdrawal is ${decision.status}`,
    run: async (ports) => {
      const withdrawal = memory.withdrawals[Math.floor(turn * memory.withdrawals.length)];
      if (withdrawal === undefined) return;
      const operationId = ports.random.id(ports.clock.nowMs());
      const input = { id: withdrawal.id, decision, actor: "ADMIN", operationId, requestId: "r" };
      const decided = await heard(() => decideWithdrawal(input, ports));
      if (decided?.ok === true) memory.noteDecision(withdrawal, decided.value.status);
    },
  };
}

/** Now and then two administrators do it at once, each in their own way. */
function together(chance: Chance, draw: () => Action): Action {
  const [one, other] = [draw(), draw()];
  if (chance.fraction() > 0.4) return one;
  return {
    name: `${one.name} and ${other.name}`,
    run: async (ports) => void (await Promise.all([one.run(ports), other.run(ports)])),
  };
}

function haltAction(chance: Chance, market: string): Action {
  return statusAction(market, chance.pick(["halted", "open", "open"] as const));
}

function statusAction(market: string, status: "open" | "halted"): Action {
  return {
    name: `${market} is ${status}`,
    run: async (ports) => {
      const operationId = ports.random.id(ports.clock.nowMs());
      const ids = { operationId, correlationId: operationId, requestId: "r" };
      await heard(() => setMarketStatus({ market, status, actor: "ADMIN", ...ids }, ports));
    },
  };
}

function freezeAction(chance: Chance, user: string): Action {
  const status = chance.pick(["frozen", "active", "active"] as const);
  return {
    name: `${user} is ${status}`,
    run: async (ports) => {
      const change = { userId: user, status, actor: "ADMIN", requestId: "r", correlationId: "c" };
      await heard(() => updateUser(change, ports));
    },
  };
}

/** What an administrator does about a suspended order; two of them at once, now and then. */
function resolveAction(chance: Chance, memory: Memory): Action {
  const suspect = chance.pick(memory.suspects);
  const what = chance.pick(["restore", "mend", "mend", "mend", "release", "cancel"] as const);
  if (what === "restore")
    return {
      name: `what was stolen from ${suspect.userId} is back`,
      run: async () => await memory.giveBack?.(),
    };
  const resolve = async (action: "release" | "cancel", ports: WorldPorts): Promise<void> => {
    const operationId = ports.random.id(ports.clock.nowMs());
    const ids = { operationId, correlationId: operationId, requestId: "r" };
    const input = { ...suspect, action, reason: "checked", actor: "ADMIN", ...ids };
    const resolved = await heard(() => resolveOrder(input, ports));
    if (resolved?.ok === true && action === "cancel") memory.resolved.push(suspect);
  };
  // By the book: what was stolen is brought back, the market opened, and the order released as soon as it can be.
  const mend = async (ports: WorldPorts): Promise<void> => {
    await memory.giveBack?.();
    await statusAction(suspect.market, "open").run(ports);
    for (let look = 0; look < 8; look++) {
      await ports.clock.sleep(400);
      await resolve("release", ports);
    }
  };
  const other = chance.fraction() < 0.6 ? undefined : chance.pick(["release", "cancel"] as const);
  return {
    name: `an admin decides to ${what} ${suspect.orderId}${other === undefined ? "" : `, another to ${other} it`}`,
    run: async (ports) =>
      void (await Promise.all([
        what === "mend" ? mend(ports) : resolve(what, ports),
        other === undefined ? undefined : resolve(other, ports),
      ])),
  };
}

function repeatAction(chance: Chance, memory: Memory): Action {
  const action = memory.repeatable[Math.floor(chance.fraction() * memory.repeatable.length)];
  return action === undefined
    ? { name: "nothing", run: async () => {} }
    : { ...action, name: `again: ${action.name}` };
}

function refOf({ market, terms }: OrderRecord): Omit<OrderRef, "isSent"> {
  return { userId: terms.userId, orderId: terms.id, market, side: terms.side };
}

/** A client that hears 503 or nothing knows nothing. */
async function heard<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (fault) {
    if (fault instanceof StoreUnavailable || fault instanceof QueueUnavailable) return undefined;
    throw fault;
  }
}
