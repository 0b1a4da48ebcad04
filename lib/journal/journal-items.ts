import type { SealedEntry } from "../matching/entry.ts";
import type { Item, Key, Write } from "../store/store.ts";

/** Where entries and snapshots stand in the table `journal`. */

/** Twelve digits, so that versions sort as text. */
export function versionKey(version: number): string {
  return String(version).padStart(12, "0");
}

export function entryKey(market: string, version: number): Key {
  return { pk: market, sk: versionKey(version) };
}

/** The fence: of all who believe that they own the market, one writes this version. */
export function entryWrite(sealed: SealedEntry): Write {
  return {
    kind: "put",
    table: "journal",
    item: { ...entryKey(sealed.market, sealed.version), hash: sealed.hash, body: sealed.body },
    when: [{ attribute: "pk", is: "absent" }],
  };
}

export function sealedFrom(item: Item): SealedEntry {
  return {
    market: String(item.pk),
    version: Number(item.sk),
    hash: String(item.hash),
    body: String(item.body),
  };
}

export function snapshotHeadersKey(market: string): string {
  return `${market}#SNAPSHOT`;
}

/** Each chunk under a partition key of its own, so that a big snapshot is not one partition's load. */
export function snapshotChunkKey(market: string, version: number, index: number): Key {
  return { pk: `${market}#SNAPSHOT#${versionKey(version)}#${index}`, sk: "CHUNK" };
}
