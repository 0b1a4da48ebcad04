import type { Chance } from "../demo/chance.ts";
import { type Cast, PASSWORD } from "./cast.ts";
import { type Description, type Operation, resolved, type Schema } from "./description.ts";

/** Values that an honest client might send, so that requests come far before their mutation is noticed. */

const SOME = ["a", "b", "c", "d", "e", "f"] as const;

/** Few, so that idempotency keys and client order ids are used again, and for each other. */
export function someName({ chance, run }: Cast): string {
  return chance.fraction() < 0.7 ? `name-${chance.pick(SOME)}-${run}` : `name-${chance.below(1e6)}-${run}`;
}

const PRICES = ["99", "99.5", "100", "100.25", "101"] as const;

/** By the field's name, which says more of what a value means than its schema. */
const KNOWN: { readonly [field: string]: (cast: Cast) => string } = {
  market: ({ chance, markets }) => chance.pick(markets),
  asset: ({ chance, assets }) => chance.pick(assets),
  price: ({ chance }) => chance.pick(PRICES),
  quantity: ({ chance }) => `${1 + chance.below(4)}.${chance.below(10)}`,
  quoteQuantity: ({ chance }) => `${20 + chance.below(200)}`,
  amount: ({ chance }) => `${1 + chance.below(4)}`,
  clientOrderId: someName,
  reference: someName,
  transactionId: ({ chance }) => `0x${chance.below(1e9).toString(16)}`,
  address: ({ chance }) => `0x${chance.below(1e9).toString(16)}`,
  reason: () => "the fuzz says so",
  email: ({ chance, run, user }) =>
    chance.fraction() < 0.3 ? user.email : `fuzz-${run}-${chance.below(1e6)}@example.com`,
  password: ({ chance }) => (chance.fraction() < 0.8 ? PASSWORD : "another password"),
  refreshToken: ({ chance, user, other }) =>
    chance.pick([user.refreshToken, user.refreshToken, other.refreshToken, user.accessToken]),
  userId: ({ chance, user, other, scapegoats }) => chance.pick([user.userId, other.userId, ...scapegoats]),
  actor: ({ user }) => user.userId,
  entity: ({ user }) => `user:${user.userId}`,
};

export function sensible(name: string, given: Schema, cast: Cast, description: Description): unknown {
  const schema = resolved(given, description);
  const { chance } = cast;
  const known = KNOWN[name];
  if (known !== undefined) return known(cast);
  if (schema.enum !== undefined) return chance.pick(schema.enum);
  if (schema.type === "integer" || schema.type === "number") return 1 + chance.below(100);
  if (schema.type === "boolean") return chance.fraction() < 0.5;
  if (schema.type === "object") return sensibleObject(schema, cast, description);
  if (name === "cursor" && cast.cursors.length > 0) return chance.pick(cast.cursors);
  return schema.examples?.[0] ?? "x";
}

function sensibleObject(schema: Schema, cast: Cast, description: Description): { [field: string]: unknown } {
  const object: { [field: string]: unknown } = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isWanted = schema.required?.includes(name) === true || cast.chance.fraction() < 0.5;
    if (isWanted) object[name] = sensible(name, property, cast, description);
  }
  return object;
}

/** A body as the schema wants it. Which of an order's terms go together no schema says. */
export function sensibleBody(operation: Operation, cast: Cast, description: Description): unknown {
  if (operation.body === undefined) return undefined;
  const body = sensible("", operation.body, cast, description) as { [field: string]: unknown };
  if (operation.id !== "placeOrder" || cast.chance.fraction() < 0.1) return body;
  const { market, side, type, clientOrderId } = body;
  const named = clientOrderId === undefined ? {} : { clientOrderId };
  const term = (name: string) => ({ [name]: KNOWN[name]?.(cast) });
  if (type === "limit") return { market, side, type, ...term("price"), ...term("quantity"), ...named };
  return { market, side, type, ...term(side === "buy" ? "quoteQuantity" : "quantity"), ...named };
}

/** What stands in the path's braces: mostly something that there is. */
export function sensibleParameter(path: string, name: string, cast: Cast): string {
  const { chance, ids } = cast;
  if (name === "market") return chance.pick(cast.markets);
  const collection = collectionOf(path);
  if (collection === "users") return chance.pick(cast.scapegoats);
  const roll = chance.fraction();
  const own = ids.get(collection) ?? [];
  const all = roll < 0.8 ? own : [...ids.values()].flat();
  const newest = all.slice(-20);
  return newest.length === 0 ? "01KATB9Z8Q4W0J5V6R7N2M3X1C" : chance.pick(newest);
}

/** The last part of a path that is no parameter and stands before one: `orders` of `/api/orders/{id}`. */
export function collectionOf(path: string): string {
  return (path.split("/{")[0] ?? path).split("/").at(-1) ?? "";
}

export function chanceOf(chance: Chance, share: number): boolean {
  return chance.fraction() < share;
}
