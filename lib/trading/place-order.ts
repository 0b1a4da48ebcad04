import { createHash } from "node:crypto";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { claimWrites } from "../idempotency/order-claims.ts";
import {
  forgetExpired,
  type IdempotencyKey,
  isExpired,
  requestKey,
  requestPlace,
} from "../idempotency/request-item.ts";
import { gateKey, gateStatus } from "../market/gate.ts";
import type { Market } from "../market/market.ts";
import { holdAsset, initialHold, type OrderTerms } from "../matching/order.ts";
import { commandMessage } from "../matching/wire/message.ts";
import { type OrderRecord, orderFrom, orderKey, pendingOrderItem } from "../orders/order-item.ts";
import { QueueUnavailable } from "../ports/command-queue.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";
import { isBusy, withRetries } from "../store/retries.ts";
import { type Item, type Place, type SlotReason, StoreUnavailable } from "../store/store.ts";
import { hotMarkPlace, isHot } from "../wallet/hot-wallet.ts";
import { countOrder, isRateReached } from "../wallet/order-rate.ts";
import { availableOf, isFrozen, walletKey, walletWrite } from "../wallet/wallet-item.ts";
import { type OrderRequest, readTerms } from "./order-request.ts";
import { voidOrder } from "./void-order.ts";

export type PlaceOrderPorts = Pick<
  ExchangePorts,
  "catalogue" | "store" | "clock" | "random" | "log" | "metrics"
> &
  SendPort & {
    /** How many orders of one user are accepted in a second; without it, any number. */
    readonly ordersPerSecond?: number | undefined;
  };

export type PlaceOrder = {
  readonly userId: string;
  /** The order's id: under one idempotency key there is one order. */
  readonly operationId: string;
  readonly request: OrderRequest;
  readonly correlationId: string;
  readonly idempotency?: IdempotencyKey | undefined;
  /** Aborted once the caller was answered without waiting for this. */
  readonly over?: AbortSignal;
};

/** A function may be frozen where it stands and go on minutes later: an order that is older than this by then is not sent any more. */
export const SEND_WITHIN_MS = 5_000;

/**
 * Accepts an order: reserves all that it can cost, then puts it into its market's queue. An order that could not be put there is
 * voided; it is never sent a second time, for an order that did not reach its market in time must not reach it late.
 */
export async function placeOrder(input: PlaceOrder, ports: PlaceOrderPorts): Promise<Result<OrderRecord>> {
  const result = await accept(input, ports);
  const { userId, correlationId } = input;
  if (!result.ok)
    ports.log.warn("order_creation_failed", {
      userId,
      market: input.request.market,
      code: result.refusal.code,
      correlationId,
    });
  return result;
}

async function accept(input: PlaceOrder, ports: PlaceOrderPorts): Promise<Result<OrderRecord>> {
  const { userId, request } = input;
  const market = ports.catalogue.markets.get(request.market);
  if (market === undefined) return refuse("UNKNOWN_MARKET");
  const nowMs = ports.clock.nowMs();
  const terms = readTerms(request, market, { id: input.operationId, userId });
  if (!terms.ok) return terms;

  const { clientOrderId } = request;
  const { idempotency } = input;
  const [gate, wallet, mark, before, named] = await ports.store.getMany([
    { table: "market-data", key: gateKey(market.market) },
    { table: "wallets", key: walletKey(userId) },
    hotMarkPlace(userId),
    { table: "orders", key: orderKey(userId, input.operationId) },
    ...(clientOrderId === undefined ? [] : [requestPlace(userId, clientOrderId)]),
  ]);
  // A repeated order is answered before anything about the present is looked at: it was accepted then, and is not sent again.
  if (before !== undefined) return success(orderFrom(before));
  if (named !== undefined && isExpired(named, nowMs)) await forgetExpired(placeOf(named), named, ports);
  else if (named?.clientOrderId !== undefined) {
    const claimant = await claimedBefore(named, input, ports);
    if (claimant !== undefined) return claimant;
  }
  if (gateStatus(gate) !== "open") return refuse("MARKET_HALTED");
  const funds = fundsRefusal(wallet, market, terms.value);
  if (funds !== undefined) return funds;
  if (isRateReached(wallet, nowMs, ports.ordersPerSecond) || isHot(mark, nowMs))
    return refuse("RATE_LIMITED");
  const record: OrderRecord = {
    market: market.market,
    terms: terms.value,
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(idempotency === undefined ? {} : { idempotencyKey: idempotency.key }),
    status: "pending",
    filledLots: 0n,
    filledQuote: 0n,
    fee: 0n,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  const context = { input, market, wallet };
  const refused = await reserve(record, context, ports);
  return refused ?? (await enqueue(record, context, ports));
}

type Context = {
  readonly input: PlaceOrder;
  readonly market: Market;
  /** As it was read before. */
  readonly wallet: Item | undefined;
  /** How often a text that is past its time was in the way. */
  readonly expired?: number;
};

const MOST_EXPIRED = 5;

/** One transaction: the hold moves from available to locked, the order stands as pending, its client order id and idempotency key are taken. */
async function reserve(
  record: OrderRecord,
  { input, market, wallet: before, expired = 0 }: Context,
  ports: PlaceOrderPorts,
): Promise<Result<OrderRecord> | undefined> {
  const { terms } = record;
  const hold = initialHold(market, terms);
  const claims = claimWrites({
    userId: terms.userId,
    orderId: terms.id,
    clientOrderId: record.clientOrderId,
    bodyFingerprint: fingerprintOf(input.request),
    idempotency: input.idempotency,
    timeMs: record.createdAtMs,
  });
  const rate = countOrder(before, record.createdAtMs, ports.ordersPerSecond);
  const outcome = await withRetries(
    () =>
      ports.store.transact([
        walletWrite(
          terms.userId,
          new Map([[holdAsset(market, terms.side), { available: -hold, locked: hold }]]),
          { ...rate, when: [{ attribute: "frozen", is: "absent" }, ...(rate.when ?? [])] },
        ),
        {
          kind: "put",
          table: "orders",
          item: pendingOrderItem(record),
          when: [{ attribute: "pk", is: "absent" }],
        },
        ...claims,
      ]),
    ports,
    async () => isHot(await ports.store.get(hotMarkPlace(terms.userId)), ports.clock.nowMs()),
  );
  if (outcome.ok) return undefined;
  if (isBusy(outcome)) return refuse("RATE_LIMITED");
  const [wallet, order, ...taken] = outcome.reasons;
  // The id is ours alone: where the order exists, this very transaction took place and its answer was lost.
  if (order?.code === "condition") return undefined;
  const claimed = taken.find(
    (reason): reason is SlotReason & { code: "condition" } => reason.code === "condition",
  );
  if (claimed !== undefined) {
    const { item = {} } = claimed;
    const answer = isExpired(item, ports.clock.nowMs()) ? undefined : await claimedBefore(item, input, ports);
    if (answer !== undefined) return answer;
    if (expired === MOST_EXPIRED) throw new StoreUnavailable("a client order id or key does not expire");
    await forgetExpired(placeOf(item), item, ports);
    return await reserve(record, { input, market, wallet: before, expired: expired + 1 }, ports);
  }
  const item = wallet?.code === "condition" ? wallet.item : undefined;
  const refusal = fundsRefusal(item, market, terms);
  if (refusal !== undefined) return refusal;
  const isTooMany = isRateReached(item, record.createdAtMs, ports.ordersPerSecond);
  return refuse(isTooMany ? "RATE_LIMITED" : "INSUFFICIENT_FUNDS");
}

async function enqueue(
  record: OrderRecord,
  { input, market }: Context,
  ports: PlaceOrderPorts,
): Promise<Result<OrderRecord>> {
  const { terms } = record;
  const { log, metrics, queue } = ports;
  try {
    if (isLate(record, input, ports)) throw new QueueUnavailable("it is too late to send the order");
    const command = { kind: "place", id: terms.id, order: terms } as const;
    await queue.send(market.market, commandMessage(command, input.correlationId), input.over);
  } catch (fault) {
    if (!(fault instanceof QueueUnavailable)) throw fault;
    log.error("order_not_enqueued", fault, { orderId: terms.id, market: market.market });
    if (await voidOrder(record, { market, forget: true }, ports))
      return refuse("UNAVAILABLE", "The market cannot be reached; the order was not accepted");
    // Either the command had arrived although nobody said so, and the market has the order, or the void had and was not heard.
    const order = await existing(terms, ports);
    return order.status === "rejected" ? refuse("UNAVAILABLE") : success(order);
  }
  log.info("order_accepted", {
    orderId: terms.id,
    userId: terms.userId,
    market: market.market,
    side: terms.side,
    type: terms.type,
    correlationId: input.correlationId,
  });
  metrics.add("OrdersAccepted", "Count", 1);
  return success(record);
}

/** Whoever sent it has been told that it was not accepted, or is about to give up waiting. */
function isLate(
  { createdAtMs }: OrderRecord,
  { over }: PlaceOrder,
  { clock }: Pick<PlaceOrderPorts, "clock">,
): boolean {
  return over?.aborted === true || clock.nowMs() - createdAtMs > SEND_WITHIN_MS;
}

function fundsRefusal(
  wallet: Item | undefined,
  market: Market,
  terms: OrderTerms,
): Result<never> | undefined {
  if (isFrozen(wallet)) return refuse("ACCOUNT_FROZEN");
  const asset = holdAsset(market, terms.side);
  return availableOf(wallet, asset) < initialHold(market, terms) ? refuse("INSUFFICIENT_FUNDS") : undefined;
}

function placeOf({ pk, sk }: Item): Place {
  return { table: "requests", key: { pk: String(pk), sk: String(sk) } };
}

/** The client order id or the idempotency key is taken: by the same request, whose order is the answer, or by another one; undefined where neither is. */
async function claimedBefore(
  named: Item,
  { userId, request, idempotency }: PlaceOrder,
  ports: PlaceOrderPorts,
): Promise<Result<OrderRecord> | undefined> {
  const isKey =
    idempotency !== undefined &&
    named.sk === requestKey(userId, idempotency.key).sk &&
    named.operationId !== undefined;
  if (isKey && named.fingerprint !== idempotency.fingerprint) return refuse("IDEMPOTENCY_MISMATCH");
  const isClientId =
    request.clientOrderId !== undefined &&
    named.sk === requestKey(userId, request.clientOrderId).sk &&
    named.clientOrderId !== undefined;
  if (!isKey && !isClientId) return undefined;
  if (!isKey && named.clientFingerprint !== fingerprintOf(request))
    return refuse("DUPLICATE_CLIENT_ORDER_ID");
  const id = String(isKey ? named.operationId : named.clientOrderId);
  return success(await existing({ id, userId }, ports));
}

async function existing(
  { id, userId }: { id: string; userId: string },
  { store }: PlaceOrderPorts,
): Promise<OrderRecord> {
  const item = await store.get({ table: "orders", key: orderKey(userId, id) });
  if (item === undefined) throw new Error(`order ${id} was claimed but does not exist`);
  return orderFrom(item);
}

/** Equal for requests that ask for the same, in whatever order their fields stood. */
function fingerprintOf(request: OrderRequest): string {
  const fields = Object.entries(request).filter(([, value]) => value !== undefined);
  return createHash("sha256").update(JSON.stringify(fields.sort())).digest("hex");
}
