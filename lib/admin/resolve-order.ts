import { auditWrite } from "../audit/record.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import { gateKey, gateStatus } from "../market/gate.ts";
import type { Market } from "../market/market.ts";
import { holdAsset } from "../matching/order.ts";
import { commandMessage } from "../matching/wire/message.ts";
import { getOrder } from "../orders/get-order.ts";
import { isLive, type OrderRecord, type OrderStatus, orderKey } from "../orders/order-item.ts";
import { QueueUnavailable } from "../ports/command-queue.ts";
import type { ExchangePorts, SendPort } from "../ports/ports.ts";
import { holdOf, holdsOf, readWalletRecords, type WalletRecords } from "../reconciliation/wallet-records.ts";
import { withRetries } from "../store/retries.ts";
import type { Condition, Write } from "../store/store.ts";
import { balancesOf, isFrozen, revisionOf, walletKey, walletWrite } from "../wallet/wallet-item.ts";
import { amountText } from "../wallet/wallet-view.ts";

export type ResolveOrder = {
  readonly userId: string;
  readonly orderId: string;
  readonly action: "release" | "cancel";
  readonly reason: string;
  readonly actor: string;
  /** Repeated under one idempotency key, it is one resolution. */
  readonly operationId: string;
  readonly correlationId: string;
  readonly requestId: string;
};

export type ResolveOrderPorts = Pick<ExchangePorts, "catalogue" | "store" | "clock" | "random" | "log"> &
  SendPort;

export type ResolvedOrder = { readonly id: string; readonly status: OrderStatus };

const RACES = 5;
const READS = 10;

/**
 * Ends the suspension of an order, once. `cancel` closes it in one transaction: it is on no book, so no market need be asked; its hold goes
 * back as far as the wallet has it beyond the user's other holds, and what is missing stands in the audit record. `release`, where the wallet
 * holds all of it, tells the market to let the order in again with what is left of it, as a newcomer: the matcher is the only writer of a book.
 */
export async function resolveOrder(
  input: ResolveOrder,
  ports: ResolveOrderPorts,
): Promise<Result<ResolvedOrder>> {
  for (let race = 0; race < RACES; race++) {
    const found = await getOrder(input, ports);
    if (!found.ok) return found;
    const order = found.value;
    const isSuspended = isLive(order.status) && order.reason === "suspended";
    if (order.resolution !== input.operationId) {
      if (!isSuspended)
        return refuse("CONFLICT", `Only a suspended order is resolved; this one is ${order.status}`);
      const refused = await decide(order, input, ports);
      if (refused === "raced") continue;
      if (refused !== undefined) return refused;
    } else if (!isSuspended) return success({ id: order.terms.id, status: order.status });
    if (input.action === "cancel") return success({ id: order.terms.id, status: "cancelled" });
    return await sendRelease(order, input, ports);
  }
  return refuse("UNAVAILABLE", "The user's wallet keeps changing; freeze the account, or try again");
}

/** Writes the decision with its audit record. Nothing where it stands. */
async function decide(
  order: OrderRecord,
  input: ResolveOrder,
  ports: ResolveOrderPorts,
): Promise<Result<never> | "raced" | undefined> {
  const market = ports.catalogue.markets.get(order.market);
  if (market === undefined)
    throw new Error(`order ${order.terms.id} is of market ${order.market}, which is not defined`);
  const records = await readWalletRecords(input.userId, READS, ports);
  if (records === undefined) return "raced";
  const funds = fundsOf(order, { market, records }, ports);
  const refused =
    input.action === "release" ? await releaseRefusal(order, { records, funds }, ports) : undefined;
  if (refused !== undefined) return refused;
  const writes = [
    ...writesOf(order, { input, records, funds }, ports),
    auditOf(order, { input, funds }, ports),
  ];
  const outcome = await withRetries(() => ports.store.transact(writes), ports);
  // Where the transaction took place and was not heard, the order carries this operation, which the next look finds.
  if (!outcome.ok) return "raced";
  const { userId, action, actor } = input;
  const { asset, shortfall } = funds;
  const fields = {
    orderId: order.terms.id,
    userId,
    actor,
    asset,
    shortfall: amountText(asset, shortfall, ports.catalogue),
  };
  if (action === "cancel" && shortfall > 0n) ports.log.warn("suspended_order_cancelled_short", fields);
  else ports.log.info(`suspended_order_${action}`, fields);
  return undefined;
}

/** Amounts in the asset's smallest units: what the order is to hold, what the wallet has for it, and what is missing. */
type Funds = {
  readonly asset: string;
  readonly hold: bigint;
  readonly covered: bigint;
  readonly shortfall: bigint;
};

/** Other orders and withdrawals come first: of what is locked, this order has what they leave. */
function fundsOf(
  order: OrderRecord,
  { market, records }: { readonly market: Market; readonly records: WalletRecords },
  { catalogue }: ResolveOrderPorts,
): Funds {
  const asset = holdAsset(market, order.terms.side);
  const hold = holdOf(order, market);
  const others = (holdsOf(records, catalogue).get(asset) ?? 0n) - hold;
  const left = (balancesOf(records.wallet).get(asset)?.locked ?? 0n) - others;
  const covered = left < 0n ? 0n : left < hold ? left : hold;
  return { asset, hold, covered, shortfall: hold - covered };
}

async function releaseRefusal(
  order: OrderRecord,
  { records, funds }: { readonly records: WalletRecords; readonly funds: Funds },
  { store, catalogue }: ResolveOrderPorts,
): Promise<Result<never> | undefined> {
  const gate = await store.get({ table: "market-data", key: gateKey(order.market) });
  if (gateStatus(gate) !== "open")
    return refuse("CONFLICT", "The market is halted; open it, then release the order, or cancel the order");
  if (isFrozen(records.wallet))
    return refuse(
      "CONFLICT",
      "The account is frozen; unfreeze it, then release the order, or cancel the order",
    );
  const { asset, hold, covered, shortfall } = funds;
  if (shortfall === 0n) return undefined;
  const text = (units: bigint): string => amountText(asset, units, catalogue);
  return refuse(
    "CONFLICT",
    `The wallet holds ${text(covered)} of the ${text(hold)} ${asset} that the order needs; cancel the order`,
  );
}

type Decision = { readonly input: ResolveOrder; readonly records: WalletRecords; readonly funds: Funds };

/** The order, on condition that it is suspended, and the wallet, on condition that it is as it was read. */
function writesOf(
  order: OrderRecord,
  { input, records, funds }: Decision,
  { clock }: ResolveOrderPorts,
): readonly Write[] {
  const { userId, action, operationId: resolution } = input;
  const isAsRead: Condition = { attribute: "revision", is: "equal", to: revisionOf(records.wallet) };
  const suspended = {
    kind: "update",
    table: "orders",
    key: orderKey(userId, order.terms.id),
    when: [{ attribute: "reason", is: "equal", to: "suspended" }],
  } as const;
  if (action === "release")
    return [
      { ...suspended, set: { resolution } },
      { kind: "check", table: "wallets", key: walletKey(userId), when: [isAsRead] },
    ];
  const { asset, covered } = funds;
  const updatedAtMs = BigInt(clock.nowMs());
  return [
    {
      ...suspended,
      set: { resolution, status: "cancelled", reason: "admin", updatedAtMs },
      remove: ["liveUserId"],
    },
    walletWrite(userId, new Map([[asset, { available: covered, locked: -covered }]]), { when: [isAsRead] }),
  ];
}

function auditOf(
  order: OrderRecord,
  { input, funds }: Pick<Decision, "input" | "funds">,
  { catalogue, clock }: ResolveOrderPorts,
): Write {
  const { userId, action, reason, actor, operationId, requestId } = input;
  const { asset, hold, covered, shortfall } = funds;
  const text = (units: bigint): string => amountText(asset, units, catalogue);
  return auditWrite({
    id: operationId,
    actor,
    action: action === "cancel" ? "suspended_order_cancelled" : "suspended_order_release_requested",
    entities: [`order:${order.terms.id}`, `user:${userId}`, `market:${order.market}`],
    details: {
      reason,
      asset,
      hold: text(hold),
      ...(action === "cancel" ? { released: text(covered), shortfall: text(shortfall) } : {}),
    },
    timeMs: clock.nowMs(),
    requestId,
  });
}

async function sendRelease(
  { market, terms, status, filledLots, filledQuote, fee }: OrderRecord,
  { operationId, correlationId }: ResolveOrder,
  { queue, log }: ResolveOrderPorts,
): Promise<Result<ResolvedOrder>> {
  const order = { ...terms, filledLots, filledQuote, fee };
  try {
    await queue.send(market, commandMessage({ kind: "release", id: operationId, order }, correlationId));
  } catch (fault) {
    if (!(fault instanceof QueueUnavailable)) throw fault;
    log.error("command_not_enqueued", fault, { market, kind: "release" });
    return refuse("UNAVAILABLE", "The market cannot be reached, and the order stays suspended; try again");
  }
  return success({ id: terms.id, status });
}
