import type { Listing } from "../store/listing.ts";
import { encodeCursor, type Listed } from "./cursor.ts";

/** A page as the contract words it. */
export function pageView<S, T>({ items, next }: Listing<S>, show: (source: S) => T): Listed<T> {
  return { items: items.map(show), nextCursor: next === undefined ? null : encodeCursor(next) };
}
