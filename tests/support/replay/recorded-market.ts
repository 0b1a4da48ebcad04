import type { LobsterMessage, RecordedBook, RestingSide } from "../../../scripts/replay/lobster.ts";

type Order = { readonly id: number; readonly side: RestingSide; readonly price: number; size: number };

/**
 * A small market of its own that is recorded as LOBSTER does it: only a few levels a side are seen, and an event
 * outside of them leaves no message. Orders are there before the recording begins.
 */
export function recordMarket(options: { seed: number; events: number; depth: number }) {
  const chance = chanceFrom(options.seed);
  const upTo = (limit: number) => Math.floor(chance() * limit);
  const orders: Order[] = [];
  const messages: LobsterMessage[] = [];
  const books: RecordedBook[] = [];
  let nextId = 1;

  const levels = (side: RestingSide) => {
    const sizes = new Map<number, number>();
    for (const order of orders)
      if (order.side === side) sizes.set(order.price, (sizes.get(order.price) ?? 0) + order.size);
    return [...sizes]
      .map(([price, size]) => ({ price, size }))
      .sort((a, b) => (side === "buy" ? b.price - a.price : a.price - b.price));
  };
  const seen = (): RecordedBook => ({
    buy: levels("buy").slice(0, options.depth),
    sell: levels("sell").slice(0, options.depth),
  });
  const add = (): Order => {
    const side = chance() < 0.5 ? "buy" : "sell";
    const opposite = levels(side === "buy" ? "sell" : "buy")[0]?.price ?? (side === "buy" ? 1050 : 950);
    const distance = 1 + upTo(12);
    const order = {
      id: nextId++,
      side,
      price: opposite + (side === "buy" ? -distance : distance),
      size: 1 + upTo(20),
    } as const;
    orders.push({ ...order });
    return order;
  };
  const takeFrom = (order: Order, size: number) => {
    order.size -= size;
    if (order.size === 0) orders.splice(orders.indexOf(order), 1);
  };
  const event = (): Omit<LobsterMessage, "index" | "time"> => {
    const kind = chance();
    const any = orders[upTo(orders.length)];
    if (any === undefined || kind < 0.45) {
      const { id, size, price, side } = add();
      return { type: 1, orderId: id, size, price, side };
    }
    if (kind < 0.6 && any.size > 1) {
      const size = 1 + upTo(any.size - 1);
      takeFrom(any, size);
      return { type: 2, orderId: any.id, size, price: any.price, side: any.side };
    }
    const bestPrice = levels(any.side)[0]?.price;
    const front = orders.find((order) => order.side === any.side && order.price === bestPrice) ?? any;
    const isDeletion = kind < 0.8;
    const { id: orderId, price, side, size: whole } = isDeletion ? any : front;
    const size = isDeletion ? whole : 1 + upTo(whole);
    takeFrom(isDeletion ? any : front, size);
    return { type: isDeletion ? 3 : 4, orderId, size, price, side };
  };

  for (let count = 0; count < 40; count++) add();
  while (messages.length < options.events) {
    const before = seen();
    const message = event();
    const after = seen();
    const shows = (book: RecordedBook) => book[message.side].some(({ price }) => price === message.price);
    if (!shows(before) && !shows(after)) continue;
    messages.push({ ...message, index: messages.length, time: String(messages.length) });
    books.push(after);
  }
  return { messages, books };
}

/** A linear congruential generator: the same seed gives the same market. */
function chanceFrom(seed: number): () => number {
  let state = (seed * 7_919 + 17) % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
