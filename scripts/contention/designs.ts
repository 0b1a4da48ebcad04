import { type Contends, itemOf } from "../aws-model/contended-store.ts";

/** A way to keep a busy user's wallet from holding up the markets. */
export type Design = {
  readonly name: string;
  /** What the API's transactions of a market contend for, and what that market's commits do. */
  readonly reserve: (market: string) => Contends;
  readonly commit: (market: string) => Contends;
  /** Whether the matcher learns which wallet is contended for, and so commits what comes before it. */
  readonly cuts: boolean;
  /** Whether the API sees that a market waits for a wallet. */
  readonly yields: boolean;
};

const one: Design["reserve"] = () => itemOf;
const perMarket: Design["reserve"] = (market) => (write) =>
  write.table === "wallets" ? `${itemOf(write)} ${market}` : itemOf(write);
const none: Design["reserve"] = () => (write) => (write.table === "wallets" ? undefined : itemOf(write));

/**
 * All run the same code; they differ in the items for which transactions contend. Moving money between sub-wallets, and what a lock-free
 * reserve would lose, is left out: both look better here than they are.
 */
export const DESIGNS: readonly Design[] = [
  { name: "one wallet, tried again", reserve: one, commit: one, cuts: false, yields: false },
  { name: "batch cut before it", reserve: one, commit: one, cuts: true, yields: false },
  { name: "cut, and the API yields", reserve: one, commit: one, cuts: true, yields: true },
  { name: "sub-wallet per market", reserve: perMarket, commit: perMarket, cuts: true, yields: false },
  { name: "lock-free reserve", reserve: none, commit: one, cuts: true, yields: false },
];
