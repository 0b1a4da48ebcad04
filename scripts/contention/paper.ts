import { LATENCIES, transactionLatency } from "../aws-model/latencies.ts";
import type { Load } from "./run.ts";

/** Of a commit of ten commands. */
const COMMIT_ITEMS = 12;
const RESERVE_ITEMS = 2;
const HALF_TAKE = 0.5;

/**
 * The chance that a transaction finds the maker's wallet taken, without a model: it is written by each reserve, and by each batch that cancels
 * or fills one of his orders; whoever finds it taken does not add to it.
 */
export function onPaper(design: string, { markets, makerRate, othersRate, windowShare }: Load): number {
  const perMarket = makerRate / markets;
  const batches = 1_000 / (LATENCIES.cycle.p50 + transactionLatency(COMMIT_ITEMS).p50);
  const commits = batches * (1 - Math.exp(-(perMarket + othersRate * HALF_TAKE) / batches));
  const reserves = design.startsWith("lock-free") ? 0 : perMarket;
  const sharing = design.startsWith("sub-wallet") ? 1 : markets;
  const heldMs =
    windowShare *
    (reserves * transactionLatency(RESERVE_ITEMS).p50 + commits * transactionLatency(COMMIT_ITEMS).p50);
  const busy = (sharing * heldMs) / 1_000;
  return busy / (1 + busy);
}
