import * as z from "zod";
import { newOrder, orderType, timeInForce } from "./new-order.ts";
import { route } from "./route.ts";
import { cursor, decimal, id, limit, listOf, marketName, side, time } from "./shapes.ts";

export const orderStatus = z
  .enum(["pending", "open", "partially_filled", "filled", "cancelled", "rejected", "expired"])
  .meta({ description: "pending: accepted, not yet in the book. rejected: it never entered the book." });

const fee = z
  .strictObject({ asset: z.string(), amount: decimal })
  .meta({ id: "Fee", description: "Taken from what is received, in the asset that is received." });

export const order = z
  .strictObject({
    id,
    clientOrderId: z.string().nullable(),
    market: marketName,
    side,
    type: orderType,
    price: decimal.nullable().meta({ description: "Null for market orders." }),
    quantity: decimal.nullable().meta({ description: "In the base asset; null for market buys." }),
    quoteQuantity: decimal.nullable().meta({ description: "What a market buy may spend; null for others." }),
    filledQuantity: decimal,
    filledQuote: decimal.meta({ description: "Sum of price x quantity of all fills." }),
    averagePrice: decimal
      .nullable()
      .meta({ description: "Rounded half up to 10 decimals; null before the first fill." }),
    fee,
    status: orderStatus,
    reason: z.string().nullable().meta({ description: "Says more of the status, where there is more." }),
    timeInForce,
    version: z
      .int()
      .nullable()
      .meta({ description: "The journal version that last changed it; null while pending." }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Order" });

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
  .meta({ id: "Fill" });

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
    market: marketName.exactOptional(),
    status: z
      .enum([...orderStatus.options, "live", "closed"])
      .exactOptional()
      .meta({ description: "One status, or live (it may still change), or closed." }),
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
      .strictObject({ id, status: orderStatus.meta({ description: "As it is now." }) })
      .meta({ id: "CancelledOrder" }),
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
  query: z.strictObject({ market: marketName, side: side.exactOptional() }),
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
    market: marketName.exactOptional(),
    orderId: id.exactOptional(),
    limit,
    cursor,
  }),
  answers: { 200: listOf(fill) },
  refusals: ["UNKNOWN_MARKET"],
});
