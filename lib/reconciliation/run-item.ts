import type { Item, Key, Value } from "../store/store.ts";
import type { AssetSums, Conservation, Progress } from "./conservation.ts";

/** A reconciliation that is under way and the last one that was finished, in the table `market-data`; there is one of each at most. */
export const RUN: Key = { pk: "RECONCILIATION", sk: "RUN" };
export const REPORT: Key = { pk: "RECONCILIATION", sk: "REPORT" };

/** Keeps what a run needs of a market's snapshots, as a projection's watermark does: a run recovers the market as of its head. */
export const WATERMARK = "version:reconciliation";

export type Run = {
  readonly id: string;
  /** How often it was saved: of those who go on with it at the same time, one may save. */
  readonly step: number;
  readonly startedMs: number;
  readonly progress: Progress;
};

export type Report = Conservation & { readonly id: string; readonly startedMs: number };

export function runItem({ id, step, startedMs, progress }: Run): Item & Key {
  const { ahead, setAsideTo, after, isScanned } = progress;
  const versions = [...ahead].map(([market, users]) => [market, Object.fromEntries(users)]);
  return {
    ...RUN,
    id,
    step: BigInt(step),
    startedMs: BigInt(startedMs),
    ...conservationItem(progress),
    ...(after === undefined ? {} : { after }),
    isScanned,
    ahead: JSON.stringify(Object.fromEntries(versions)),
    setAsideTo: versionsItem(setAsideTo),
  };
}

export function runFrom(item: Item): Run {
  const after = item.after as Key | undefined;
  const ahead = Object.entries(JSON.parse(String(item.ahead)) as Record<string, Record<string, number>>);
  return {
    id: String(item.id),
    step: Number(item.step),
    startedMs: Number(item.startedMs),
    progress: {
      ...conservationFrom(item),
      after: after === undefined ? undefined : { pk: after.pk, sk: after.sk },
      isScanned: item.isScanned === true,
      ahead: new Map(ahead.map(([market, users]) => [market, new Map(Object.entries(users))])),
      setAsideTo: versionsFrom(item.setAsideTo),
    },
  };
}

export function reportItem({ id, startedMs, progress }: Run): Item & Key {
  return { ...REPORT, id, startedMs: BigInt(startedMs), ...conservationItem(progress) };
}

export function reportFrom(item: Item): Report {
  return { id: String(item.id), startedMs: Number(item.startedMs), ...conservationFrom(item) };
}

function conservationItem({ sums, heads, wallets }: Conservation): Item {
  // Copies: a run goes on with its own sums while the store, or whoever reads the item, has these.
  return {
    sums: Object.fromEntries([...sums].map(([asset, sum]) => [asset, { ...sum }])),
    heads: versionsItem(heads),
    wallets: BigInt(wallets),
  };
}

function conservationFrom({ sums, heads, wallets }: Item) {
  const stored = Object.entries(sums as { readonly [asset: string]: AssetSums });
  return {
    sums: new Map(stored.map(([asset, sum]) => [asset, { ...sum }])),
    heads: versionsFrom(heads),
    wallets: Number(wallets),
  };
}

function versionsItem(versions: ReadonlyMap<string, number>): Item {
  return Object.fromEntries([...versions].map(([market, version]) => [market, BigInt(version)]));
}

function versionsFrom(value: Value | undefined): Map<string, number> {
  const versions = Object.entries((value ?? {}) as { readonly [market: string]: bigint });
  return new Map(versions.map(([market, version]) => [market, Number(version)]));
}
