import { gateKey } from "../market/gate.ts";
import type { MarketStatus } from "../market/market.ts";
import type { AccountStatus } from "../matching/command.ts";
import type { Condition, Item, Key, Write } from "../store/store.ts";

/**
 * What is wished of a market, and how far the market is with it. Whoever wishes writes the desired value with a number, one higher than
 * the last, in the very transaction of the change that it follows from; the market's commit writes the number that it has applied beside
 * it. What is desired and not applied is sent to the market again, for as long as it takes: numbers make a repeated or late command harmless.
 *
 * In the table `market-data`: attributes `desired`, `number`, `actor`, `desiredAtMs`, `correlationId`, and `applied`. An account's wish is
 * an item of its market's partition, until it is applied; a market's own status is wished for on its gate.
 */
export type DesiredState = {
  readonly market: string;
  readonly number: number;
  readonly actor: string;
  readonly desiredAtMs: number;
  readonly correlationId: string;
} & (
  | { readonly kind: "account_status"; readonly userId: string; readonly status: AccountStatus }
  | { readonly kind: "market_status"; readonly status: MarketStatus }
);

/** One transaction may write a wish to so many markets, beside the account, its wallet, the audit record and what else it must say. */
export const MOST_MARKETS = 90;

const ACCOUNT = "ACCOUNT#";

export function desiredPartition(market: string): string {
  return `DESIRED#${market}`;
}

export function accountStatusKey(market: string, userId: string): Key {
  return { pk: desiredPartition(market), sk: `${ACCOUNT}${userId}` };
}

function keyOf(desired: DesiredState): Key {
  return desired.kind === "market_status"
    ? gateKey(desired.market)
    : accountStatusKey(desired.market, desired.userId);
}

/** Writes down a wish; it replaces an earlier one, applied or not. `when` guards the number where nothing else in the transaction does. */
export function desireWrite(desired: DesiredState, when?: readonly Condition[]): Write {
  const { status, number, actor, desiredAtMs, correlationId } = desired;
  return {
    kind: "update",
    table: "market-data",
    key: keyOf(desired),
    set: {
      desired: status,
      number: BigInt(number),
      actor,
      desiredAtMs: BigInt(desiredAtMs),
      correlationId,
    },
    ...(when === undefined ? {} : { when }),
  };
}

/** For the matcher's commit: the market has applied the wish of this number. */
export function accountAppliedWrite(market: string, userId: string, number: number): Write {
  return {
    kind: "update",
    table: "market-data",
    key: accountStatusKey(market, userId),
    set: { applied: BigInt(number) },
  };
}

/** Removes the item of an account's wish that is applied, unless there is a later one meanwhile. */
export function forgetWrite(desired: DesiredState): Write {
  return {
    kind: "delete",
    table: "market-data",
    key: keyOf(desired),
    when: [{ attribute: "number", is: "equal", to: BigInt(desired.number) }],
  };
}

export function numberOf(item: Item | undefined): number {
  return Number(item?.number ?? 0n);
}

export function isApplied(item: Item): boolean {
  return Number(item.applied ?? 0n) >= numberOf(item);
}

/** The wish that an item holds; undefined where nothing was ever wished. */
export function desiredFrom(market: string, item: Item | undefined): DesiredState | undefined {
  if (item?.desired === undefined) return undefined;
  const wish = {
    market,
    number: numberOf(item),
    actor: String(item.actor),
    desiredAtMs: Number(item.desiredAtMs),
    correlationId: String(item.correlationId),
  };
  const sk = String(item.sk);
  return sk.startsWith(ACCOUNT)
    ? {
        ...wish,
        kind: "account_status",
        userId: sk.slice(ACCOUNT.length),
        status: item.desired as AccountStatus,
      }
    : { ...wish, kind: "market_status", status: item.desired as MarketStatus };
}
