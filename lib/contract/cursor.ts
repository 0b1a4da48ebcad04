/**
 * A cursor is the text that a page ended with, by which its list is sorted. It is opaque to clients and carries no store keys, so that
 * a forged one can neither reach another user's partition nor make the store refuse a query.
 */
const PRINTABLE = /^[\x21-\x7e]{1,256}$/;

export function encodeCursor(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}

/** The text of a cursor, or undefined where no cursor of ours looks like this. */
export function decodeCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  return PRINTABLE.test(text) && encodeCursor(text) === cursor ? text : undefined;
}

export type Listed<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

/** A list that is always answered whole. */
export function wholeList<T>(items: readonly T[]): Listed<T> {
  return { items, nextCursor: null };
}
