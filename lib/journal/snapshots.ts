import { type Market, MarketRedefined } from "../market/market.ts";
import type { MarketState } from "../matching/market-state.ts";
import { openSnapshot, takeSnapshot } from "../matching/snapshot.ts";
import type { Log } from "../ports/ports.ts";
import type { Item, Store } from "../store/store.ts";
import { snapshotChunkKey, snapshotHeadersKey, versionKey } from "./journal-items.ts";

const CHUNK_BYTES = 350_000;
/** How many a market keeps that are of use to everybody: a damaged one must not be the only one. */
const KEPT = 3;
/** The last that a key of twelve digits has room for. */
const LAST_VERSION = 999_999_999_999;

/**
 * Writes the state as a snapshot: chunks first, the header last, so that what has a header is whole. Repeatable. Old ones stay until
 * `dropOldSnapshots`, which is for those alone who know what the market's readers still need.
 */
export async function saveSnapshot(
  state: MarketState,
  { store }: { store: Store },
): Promise<{ bytes: number }> {
  const { market } = state.market;
  const { version, hash } = state.head;
  const { bytes, checksum } = takeSnapshot(state);
  const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
  for (let index = 0; index < chunks; index++) {
    const data = bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    await store.putMany([{ table: "journal", item: { ...snapshotChunkKey(market, version, index), data } }]);
  }
  await store.putMany([
    {
      table: "journal",
      item: {
        pk: snapshotHeadersKey(market),
        sk: versionKey(version),
        chunks: BigInt(chunks),
        checksum,
        hash,
      },
    },
  ]);
  return { bytes: bytes.length };
}

/** The newest snapshot that is whole, or none. A damaged one is reported and the one before it tried. */
export async function newestSnapshot(
  market: Market,
  { store, log }: { store: Store; log: Log },
  atMost = LAST_VERSION,
): Promise<MarketState | undefined> {
  for (const header of await snapshotHeaders(market.market, { store }, atMost)) {
    try {
      return await loadSnapshot(market, header, { store });
    } catch (fault) {
      // Not damaged, and the ones before it say the same.
      if (fault instanceof MarketRedefined) throw fault;
      log.error("snapshot_damaged", fault, { market: market.market, version: Number(header.sk) });
    }
  }
  return undefined;
}

/** Newest first, up to a version. */
export async function snapshotHeaders(
  market: string,
  { store }: { store: Store },
  atMost = LAST_VERSION,
): Promise<readonly Item[]> {
  const headers: Item[] = [];
  let after: Item | undefined;
  do {
    const page = await store.query({
      table: "journal",
      pk: snapshotHeadersKey(market),
      to: versionKey(atMost),
      order: "descending",
      consistent: true,
      ...(after === undefined ? {} : { after }),
    });
    headers.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return headers;
}

async function loadSnapshot(market: Market, header: Item, { store }: { store: Store }): Promise<MarketState> {
  const version = Number(header.sk);
  const places = Array.from({ length: Number(header.chunks) }, (_, index) => ({
    table: "journal" as const,
    key: snapshotChunkKey(market.market, version, index),
  }));
  // Each chunk for itself: together they may exceed what one answer may carry.
  const chunks = await Promise.all(places.map((place) => store.get(place)));
  const data = chunks.map((chunk) => {
    const part = chunk?.data;
    if (!(part instanceof Uint8Array))
      throw new Error(`snapshot ${version} of ${market.market} lacks a chunk`);
    return part;
  });
  return openSnapshot(market, { bytes: Buffer.concat(data), checksum: String(header.checksum) });
}

/**
 * Drops snapshots that nobody needs who reads the journal from `watermark` or later: of those up to it, all but the newest three. Watermarks
 * only rise, so whoever acts on an older one drops less, and what is the newest at or below the watermark stands however many do this at once.
 * Headers go first: what has lost its header is garbage, never a snapshot with missing chunks.
 */
export async function dropOldSnapshots(
  { market, watermark }: { readonly market: string; readonly watermark: number },
  { store }: { store: Store },
): Promise<void> {
  const headers = await snapshotHeaders(market, { store }, watermark);
  for (const header of headers.slice(KEPT)) {
    const version = Number(header.sk);
    await store.write({
      kind: "delete",
      table: "journal",
      key: { pk: String(header.pk), sk: String(header.sk) },
    });
    for (let index = 0; index < Number(header.chunks); index++) {
      await store.write({ kind: "delete", table: "journal", key: snapshotChunkKey(market, version, index) });
    }
  }
}
