import { type Result, refuse, success } from "../contract/refusal.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { type Listing, type ListRequest, listNewestFirst, mergeNewestFirst } from "../store/listing.ts";
import { isLive, type OrderRecord, type OrderStatus, orderFrom, orderKey } from "./order-item.ts";

export type OrderFilter = {
  readonly userId: string;
  readonly market?: string | undefined;
  readonly status?: OrderStatus | "live" | "closed" | undefined;
};

type Ports = Pick<ExchangePorts, "catalogue" | "store">;

/** A user's orders, newest first. */
export async function listOrders(
  filter: OrderFilter,
  request: ListRequest,
  ports: Ports,
): Promise<Result<Listing<OrderRecord>>> {
  const { market, status } = filter;
  if (market !== undefined && !ports.catalogue.markets.has(market)) return refuse("UNKNOWN_MARKET");
  if (status === "live") return success(await listLive(filter, request, ports));
  return success(
    await listNewestFirst(
      {
        query: {
          table: "orders",
          pk: orderKey(filter.userId, "").pk,
          from: "ORDER#",
          to: "ORDER#~",
          consistent: true,
        },
        request,
        read: (item) => matching(orderFrom(item), filter),
      },
      ports,
    ),
  );
}

/** Two indexes find a user's live orders among any number of closed ones; the table says what they are now. */
async function listLive(
  filter: OrderFilter,
  request: ListRequest,
  ports: Ports,
): Promise<Listing<OrderRecord>> {
  const lists: Listing<{ readonly id: string }>[] = [];
  // One after the other, pending ones first: an order that enters its market meanwhile shows in both lists rather than in none.
  for (const index of ["pending", "live"] as const) {
    const query = { table: "orders", index, pk: filter.userId, from: "ORDER#", to: "ORDER#~" } as const;
    lists.push(await listNewestFirst({ query, request, read: ({ sk }) => ({ id: String(sk) }) }, ports));
  }
  const found = mergeNewestFirst(lists, request.limit);
  const keys = [...new Set(found.items.map(({ id }) => id))];
  const items: OrderRecord[] = [];
  for (let start = 0; start < keys.length; start += 100) {
    const places = keys
      .slice(start, start + 100)
      .map((sk) => ({ table: "orders" as const, key: { pk: orderKey(filter.userId, "").pk, sk } }));
    for (const item of await ports.store.getMany(places)) {
      const order = item === undefined ? undefined : matching(orderFrom(item), filter);
      if (order !== undefined) items.push(order);
    }
  }
  return found.next === undefined ? { items } : { items, next: found.next };
}

function matching(order: OrderRecord, { market, status }: OrderFilter): OrderRecord | undefined {
  if (market !== undefined && order.market !== market) return undefined;
  if (status === "live") return isLive(order.status) ? order : undefined;
  if (status === "closed") return isLive(order.status) ? undefined : order;
  return status === undefined || order.status === status ? order : undefined;
}
