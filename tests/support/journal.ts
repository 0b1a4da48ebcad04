import { entryWrite } from "../../lib/journal/journal-items.ts";
import type { Command } from "../../lib/matching/command.ts";
import type { SealedEntry } from "../../lib/matching/entry.ts";
import { hashOf } from "../../lib/matching/entry.ts";
import { EMPTY_HEAD, MarketState } from "../../lib/matching/market-state.ts";
import { toLive } from "../../lib/matching/order.ts";
import type { Store } from "../../lib/store/store.ts";
import { Play } from "./matching/play.ts";
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
