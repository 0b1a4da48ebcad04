import { entryWrite } from "../../lib/journal/journal-items.ts";
import type { Command } from "../../lib/matching/command.ts";
import type { SealedEntry } from "../../lib/matching/entry.ts";
import { hashOf } from "../../lib/matching/entry.ts";
import { EMPTY_HEAD, MarketState } from "../../lib/matching/market-state.ts";
import { toLive } from "../../lib/matching/order.ts";
import { advance, plan } from "../../lib/matching/plan.ts";
import type { Store } from "../../lib/store/store.ts";
import { Play, queued } from "./matching/play.ts";
import { MARKET, placeOf } from "./matching/random-commands.ts";

/** A market's life of that many entries: orders that rest, and every third that trades. */
export function lifeOf(entries: number): Play {
  const play = new Play();
  for (let index = 0; index < entries; index++) play.take([command(index)]);
  return play;
}

function command(index: number): Command {
  const trades = index % 3 === 2;
  return placeOf({
    id: `O${String(index).padStart(6, "0")}`,
    userId: trades ? "BOB" : `USER${index % 7}`,
    side: trades ? "sell" : "buy",
    priceTicks: trades ? 1n : BigInt(100 + (index % 11)),
    quantityLots: 1n,
  });
}

/** A long life of a market in which nothing rests for more than an entry: quick to make, however long. */
export function quietLife(
  entries: number,
  market = MARKET,
): { readonly journal: readonly SealedEntry[]; readonly state: MarketState } {
  const state = new MarketState(market);
  const journal: SealedEntry[] = [];
  for (let index = 0; index < entries; index++) {
    const isMaker = index % 2 === 0;
    const place = placeOf({
      id: `O${index}`,
      userId: isMaker ? "BOB" : "ALICE",
      side: isMaker ? "sell" : "buy",
      priceTicks: 100_000n,
      quantityLots: 100n,
    });
    const planned = plan(state, { epoch: "epoch", commands: queued([place], index + 1) });
    advance(state, planned);
    journal.push(planned.sealed);
  }
  return { journal, state };
}

export async function store(journal: readonly SealedEntry[], into: Store): Promise<void> {
  for (const sealed of journal) await into.write(entryWrite(sealed));
}

/** A state whose snapshot is larger than one item may be: ids that do not compress. */
export function bigState(orders: number, version = 7): MarketState {
  const state = new MarketState(MARKET);
  for (let index = 0; index < orders; index++) {
    const { order } = placeOf({
      id: hashOf(`order ${index}`),
      userId: hashOf(`user ${index}`),
      priceTicks: 5n,
      quantityLots: 1n,
    }) as Command & {
      readonly kind: "place";
    };
    state.book.add(toLive(order));
  }
  state.head = { ...EMPTY_HEAD, version, hash: hashOf(`version ${version}`) };
  return state;
}
