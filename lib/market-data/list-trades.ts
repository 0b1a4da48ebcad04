import { type Result, refuse, success } from "../contract/refusal.ts";
import type { Side } from "../matching/order.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { type Listing, type ListRequest, listNewestFirst } from "../store/listing.ts";
import type { Item } from "../store/store.ts";
import { fillsKey, timeKey, tradeId, tradesKey } from "./market-items.ts";
import type { FillRow, TradeRow } from "./projections/trades.ts";

type Ports = Pick<ExchangePorts, "catalogue" | "store">;

/** Quantities in lots, prices in ticks, fees in smallest units of the received asset. */
export type PublicTrade = {
  readonly id: string;
  readonly market: string;
  readonly priceTicks: bigint;
  readonly lots: bigint;
  readonly takerSide: Side;
  readonly timeMs: number;
};

export type OwnFill = {
  readonly id: string;
  readonly orderId: string;
  readonly market: string;
  readonly side: Side;
  readonly priceTicks: bigint;
  readonly lots: bigint;
  readonly fee: bigint;
  readonly role: "maker" | "taker";
  readonly timeMs: number;
};

export async function listMarketTrades(
  market: string,
  request: ListRequest,
  ports: Ports,
): Promise<Result<Listing<PublicTrade>>> {
  if (!ports.catalogue.markets.has(market)) return refuse("UNKNOWN_MARKET");
  return success(await listRows({ pk: tradesKey(market), request, read: tradesOf }, ports));
}

export type FillFilter = {
  readonly userId: string;
  readonly market?: string | undefined;
  /** One order's, from its first to its last: the user's others of that time are all that is read beside them. */
  readonly order?: { readonly id: string; readonly fromMs: number; readonly toMs: number } | undefined;
};

export async function listFills(
  filter: FillFilter,
  request: ListRequest,
  ports: Ports,
): Promise<Result<Listing<OwnFill>>> {
  const { userId, market, order } = filter;
  if (market !== undefined && !ports.catalogue.markets.has(market)) return refuse("UNKNOWN_MARKET");
  const range = order === undefined ? {} : { from: timeKey(order.fromMs), to: `${timeKey(order.toMs)}~` };
  const isWanted = (fill: OwnFill): boolean =>
    (market === undefined || fill.market === market) && (order === undefined || fill.orderId === order.id);
  return success(
    await listRows(
      { pk: fillsKey(userId), ...range, request, read: (row) => fillsOf(row).filter(isWanted) },
      ports,
    ),
  );
}

/**
 * A page of things of which a row holds several. A page may end within a row: its cursor is the row's sort key and how many of the
 * row were shown.
 */
async function listRows<T>(
  list: { pk: string; from?: string; to?: string; request: ListRequest; read: (row: Item) => readonly T[] },
  ports: Ports,
): Promise<Listing<T>> {
  const { limit, after } = list.request;
  const [resumeAt, shownText] = after?.split("+") ?? [];
  // Whoever forges a cursor gets some page of the same list.
  const shown = /^[0-9]{1,16}$/.test(shownText ?? "") ? Number(shownText) : 0;
  const bounds = {
    ...(list.from === undefined ? {} : { from: list.from }),
    ...(list.to === undefined ? {} : { to: list.to }),
  };
  const page = await listNewestFirst(
    {
      query: { table: "market-data", pk: list.pk, ...bounds },
      // The row at the cursor is read again, for what was not shown of it.
      request: { limit: limit + 1, after: resumeAt === undefined ? undefined : `${resumeAt}\u0000` },
      read: (row) => {
        const things = list.read(row);
        return things.length === 0 ? undefined : { sk: String(row.sk), things };
      },
    },
    ports,
  );
  const items: T[] = [];
  for (const { sk, things } of page.items) {
    const skip = sk === resumeAt ? shown : 0;
    for (let index = skip; index < things.length; index++) {
      if (items.length === limit) return { items, next: `${sk}+${index}` };
      items.push(things[index] as T);
    }
  }
  return page.next === undefined ? { items } : { items, next: `${page.next}+${Number.MAX_SAFE_INTEGER}` };
}

/** Newest first within a row as well. */
function tradesOf(row: Item): readonly PublicTrade[] {
  const { market, version, timeMs } = origin(row);
  const trades = JSON.parse(String(row.trades)) as TradeRow[];
  return trades.reverse().map(([index, priceTicks, lots, takerSide]) => ({
    id: tradeId({ market, version, index }),
    market,
    priceTicks: BigInt(priceTicks),
    lots: BigInt(lots),
    takerSide,
    timeMs,
  }));
}

function fillsOf(row: Item): readonly OwnFill[] {
  const { market, version, timeMs } = origin(row);
  const fills = JSON.parse(String(row.fills)) as FillRow[];
  return fills.reverse().map(([index, orderId, side, priceTicks, lots, fee, role]) => ({
    id: tradeId({ market, version, index }),
    orderId,
    market,
    side,
    priceTicks: BigInt(priceTicks),
    lots: BigInt(lots),
    fee: BigInt(fee),
    role,
    timeMs,
  }));
}

function origin(row: Item): { market: string; version: number; timeMs: number } {
  return { market: String(row.market), version: Number(row.version), timeMs: Number(row.timeMs) };
}
