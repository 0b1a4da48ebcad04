import * as z from "zod/mini";
import { newOrder, orderType, timeInForce } from "./new-order.ts";
import { route } from "./route.ts";
import { cursor, decimal, id, limit, listOf, marketName, side, time } from "./shapes.ts";

export const orderStatus = z
  .enum(["pending", "open", "partially_filled", "filled", "cancelled", "rejected", "expired"])
  .check(
    z.meta({ description: "pending: accepted, not yet in the book. rejected: it never entered the book." }),
  );

const fee = z
  .strictObject({ asset: z.string(), amount: decimal })
  .check(z.meta({ id: "Fee", description: "Taken from what is received, in the asset that is received." }));

export const order = z
  .strictObject({
    id,
    clientOrderId: z.nullable(z.string()),
    market: marketName,
    side,
    type: orderType,
    price: z.nullable(decimal).check(z.meta({ description: "Null for market orders." })),
    quantity: z.nullable(decimal).check(z.meta({ description: "In the base asset; null for market buys." })),
    quoteQuantity: z
      .nullable(decimal)
      .check(z.meta({ description: "What a market buy may spend; null for others." })),
    filledQuantity: decimal,
    filledQuote: decimal.check(z.meta({ description: "Sum of price x quantity of all fills." })),
    averagePrice: z
      .nullable(decimal)
      .check(z.meta({ description: "Rounded half up to 10 decimals; null before the first fill." })),
    fee,
    status: orderStatus,
    reason: z
      .nullable(z.string())
      .check(z.meta({ description: "Says more of the status, where there is more." })),
    timeInForce,
    version: z
      .nullable(z.int())
      .check(z.meta({ description: "The journal version that last changed it; null while pending." })),
    createdAt: time,
    updatedAt: time,
  })
  .check(z.meta({ id: "Order" }));

export const fill = z
  .strictObject({
    id: z.string(),
    orderId: id,
    market: marketName,
    side,
    price: decimal,
    quantity: decimal,
    fee,
    role: z.enum(["maker", "taker"]),
    time,
  })
  .check(z.meta({ id: "Fill" }));

const params = z.strictObject({ id });

export const placeOrder = route({
  id: "placeOrder",
  method: "POST",
  path: "/api/orders",
  auth: "user",
  summary: "Place an order",
  description:
    "The order is accepted and its cost locked when this is answered; it enters its market's book a moment later. " +
    "What only the book can know shows as the order's status and reason.",
  body: newOrder,
  answers: { 201: order },
  refusals: [
    "UNKNOWN_MARKET",
    "MARKET_HALTED",
    "PRICE_NOT_ON_TICK",
    "QUANTITY_NOT_ON_LOT",
    "NOTIONAL_TOO_SMALL",
    "INSUFFICIENT_FUNDS",
    "DUPLICATE_CLIENT_ORDER_ID",
    "RATE_LIMITED",
  ],
  idempotency: "transaction",
  waits: true,
});

export const listOrders = route({
  id: "listOrders",
  method: "GET",
  path: "/api/orders",
  auth: "user",
  summary: "Own orders, newest first",
  query: z.strictObject({
    market: z.exactOptional(marketName),
    status: z
      .exactOptional(z.enum([...orderStatus.options, "live", "closed"]))
      .check(z.meta({ description: "One status, or live (it may still change), or closed." })),
    limit,
    cursor,
  }),
  answers: { 200: listOf(order) },
  refusals: ["UNKNOWN_MARKET"],
});

export const getOrder = route({
  id: "getOrder",
  method: "GET",
  path: "/api/orders/{id}",
  auth: "user",
  summary: "One of the own orders",
  params,
  answers: { 200: order },
  refusals: [],
  waits: true,
  notFound: "Order not found",
});

export const cancelOrder = route({
  id: "cancelOrder",
  method: "DELETE",
  path: "/api/orders/{id}",
  auth: "user",
  summary: "Cancel an order",
  description: "The cancellation takes its turn in the market's queue: fills before it stand.",
  params,
  answers: {
    202: z
      .strictObject({ id, status: orderStatus.check(z.meta({ description: "As it is now." })) })
      .check(z.meta({ id: "CancelledOrder" })),
  },
  refusals: ["ORDER_CLOSED"],
  idempotency: "record",
  waits: true,
  notFound: "Order not found",
});

export const cancelOrders = route({
  id: "cancelOrders",
  method: "DELETE",
  path: "/api/orders",
  auth: "user",
  summary: "Cancel all own orders of a market, or of one side of it",
  query: z.strictObject({ market: marketName, side: z.exactOptional(side) }),
  answers: { 202: z.strictObject({ market: marketName }) },
  refusals: ["UNKNOWN_MARKET"],
  idempotency: "record",
});

export const listFills = route({
  id: "listFills",
  method: "GET",
  path: "/api/trades",
  auth: "user",
  summary: "Own fills, newest first",
  query: z.strictObject({
    market: z.exactOptional(marketName),
    orderId: z.exactOptional(id),
    limit,
    cursor,
  }),
  answers: { 200: listOf(fill) },
  refusals: ["UNKNOWN_MARKET"],
});
