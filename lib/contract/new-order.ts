import * as z from "zod/mini";
import { marketName, positiveDecimal, printable, side } from "./shapes.ts";

export const orderType = z.enum(["limit", "market"]);
export const timeInForce = z.enum(["GTC", "IOC"]);

/** An order as a client words it. What a field's number must be a multiple of is the domain's question. */
export const newOrder = z
  .strictObject({
    market: marketName,
    side,
    type: orderType,
    price: z
      .exactOptional(positiveDecimal)
      .check(z.meta({ description: "Limit orders only, a multiple of the tick size." })),
    quantity: z
      .exactOptional(positiveDecimal)
      .check(z.meta({ description: "All but market buys, a multiple of the lot size." })),
    quoteQuantity: z
      .exactOptional(positiveDecimal)
      .check(z.meta({ description: "Market buys only: what may be spent, in the quote asset." })),
    timeInForce: z
      .exactOptional(timeInForce)
      .check(z.meta({ description: "GTC if not given; market orders are always IOC." })),
    clientOrderId: z.exactOptional(printable(64)).check(
      z.meta({
        description:
          "The client's own name for the order, kept at least 24 hours; the same name and terms again give the same order.",
        examples: ["my-order-1"],
      }),
    ),
  })
  .check(
    (context) => {
      for (const [path, message] of faultsOf(context.value)) {
        context.issues.push({ code: "custom", path: [path], message, input: context.value });
      }
    },
    z.meta({ id: "NewOrder" }),
  );

type Terms = {
  readonly side: "buy" | "sell";
  readonly type: "limit" | "market";
  readonly price?: string;
  readonly quantity?: string;
  readonly quoteQuantity?: string;
  readonly timeInForce?: "GTC" | "IOC";
};

/** Which terms go together: a limit order names price and quantity, a market buy its budget, a market sell its quantity. */
function faultsOf(terms: Terms): [field: string, message: string][] {
  const kind = terms.type === "limit" ? "limit orders" : `market ${terms.side}s`;
  const wanted = {
    price: terms.type === "limit",
    quantity: terms.type === "limit" || terms.side === "sell",
    quoteQuantity: terms.type === "market" && terms.side === "buy",
  };
  const faults: [string, string][] = [];
  for (const field of ["price", "quantity", "quoteQuantity"] as const) {
    const given = terms[field] !== undefined;
    if (wanted[field] && !given) faults.push([field, `is required for ${kind}`]);
    if (!wanted[field] && given) faults.push([field, `is not for ${kind}`]);
  }
  if (terms.type === "market" && terms.timeInForce === "GTC")
    faults.push(["timeInForce", "market orders are IOC"]);
  return faults;
}
