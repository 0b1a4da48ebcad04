import { type Result, success } from "../contract/refusal.ts";
import { getOrder } from "../orders/get-order.ts";
import type { OrderRecord } from "../orders/order-item.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import type { Listing, ListRequest } from "../store/listing.ts";
import { listFills, type OwnFill } from "./list-trades.ts";
import { summaryKey } from "./market-items.ts";
import { TRADES } from "./projections/trades.ts";

type Ports = Pick<ExchangePorts, "catalogue" | "store" | "clock">;

/** Projections lag a little; who asks for one order's fills waits this long at most until they show what the order shows. */
const LONGEST_WAIT_MS = 2_000;
const PAUSE_MS = 40;

/** A user's fills, newest first; those of one order where it is given. */
export async function listOwnFills(
  filter: {
    readonly userId: string;
    readonly market?: string | undefined;
    readonly orderId?: string | undefined;
  },
  request: ListRequest,
  ports: Ports,
): Promise<Result<Listing<OwnFill>>> {
  const { userId, market, orderId } = filter;
  if (orderId === undefined) return await listFills({ userId, market }, request, ports);
  const found = await getOrder({ userId, orderId }, ports);
  if (!found.ok) return success({ items: [] });
  const { firstFillMs: fromMs, lastFillMs: toMs } = found.value;
  if (fromMs === undefined || toMs === undefined) return success({ items: [] });
  await awaitProjection(found.value, ports);
  return await listFills({ userId, market, order: { id: orderId, fromMs, toMs } }, request, ports);
}

async function awaitProjection({ market, version }: OrderRecord, { store, clock }: Ports): Promise<void> {
  const deadlineMs = clock.nowMs() + LONGEST_WAIT_MS;
  for (;;) {
    const summary = await store.get({ table: "market-data", key: summaryKey(market) });
    if (Number(summary?.[TRADES.watermark] ?? 0n) >= (version ?? 0) || clock.nowMs() >= deadlineMs) return;
    await clock.sleep(PAUSE_MS);
  }
}
