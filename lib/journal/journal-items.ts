import { deflateRawSync, inflateRawSync } from "node:zlib";
import { DamagedEntry, type SealedEntry } from "../matching/entry.ts";
import type { Item, Key, Write } from "../store/store.ts";

/** Where entries and snapshots stand in the table `journal`. */

/** Twelve digits, so that versions sort as text. */
export function versionKey(version: number): string {
  return String(version).padStart(12, "0");
}

export function entryKey(market: string, version: number): Key {
  return { pk: market, sk: versionKey(version) };
}

/**
 * The fence: of all who believe that they own the market, one writes this version. The body is stored compressed: an entry
 * is paid for by the kilobyte, twice in a transaction, and is most of what is written per batch that is not an order or a wallet.
 */
export function entryWrite(sealed: SealedEntry): Write {
  return {
    kind: "put",
    table: "journal",
    item: {
      ...entryKey(sealed.market, sealed.version),
      hash: sealed.hash,
      body: deflateRawSync(sealed.body),
    },
    when: [{ attribute: "pk", is: "absent" }],
  };
}

export function sealedFrom(item: Item): SealedEntry {
  return {
    market: String(item.pk),
    version: Number(item.sk),
    hash: String(item.hash),
    body: unpacked(item),
  };
}

function unpacked({ pk, sk, body }: Item): string {
  try {
    return inflateRawSync(body as Uint8Array).toString("utf8");
  } catch (cause) {
    throw new DamagedEntry(`entry ${Number(sk)} of ${pk} cannot be unpacked`, { cause });
  }
}

export function snapshotHeadersKey(market: string): string {
  return `${market}#SNAPSHOT`;
}

/** Each chunk under a partition key of its own, so that a big snapshot is not one partition's load. */
export function snapshotChunkKey(market: string, version: number, index: number): Key {
  return { pk: `${market}#SNAPSHOT#${versionKey(version)}#${index}`, sk: "CHUNK" };
}
