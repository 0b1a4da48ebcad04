import { gunzipSync, gzipSync } from "node:zlib";
import { type Market, MarketRedefined, unitsText } from "../market/market.ts";
import { hashOf } from "./entry.ts";
import { type Head, MarketState } from "./market-state.ts";
import type { LiveOrder } from "./order.ts";
import { commandFromWire, commandToWire, type WireCommand } from "./wire/command.ts";
import { termsFromWire, termsToWire, type WireTerms } from "./wire/terms.ts";

/** The whole state of a market as bytes. Equal states give equal bytes. */

type WireOrder = readonly [terms: WireTerms, filledLots: string, filledQuote: string, fee: string];
type Wire = {
  readonly format: 1;
  readonly market: string;
  readonly units: string;
  readonly head: Head;
  readonly status: "open" | "halted";
  readonly fees: readonly [base: string, quote: string];
  readonly frozenAccounts: readonly string[];
  /** In the order in which they trade. */
  readonly bids: readonly WireOrder[];
  readonly asks: readonly WireOrder[];
  readonly taker?: WireOrder;
  readonly continuation?: readonly [epoch: string, sequence: string, command: WireCommand];
};

export type Snapshot = { readonly bytes: Uint8Array; readonly checksum: string };

export class DamagedSnapshot extends Error {
  override readonly name = "DamagedSnapshot";
}

export function takeSnapshot(state: MarketState): Snapshot {
  const bytes = gzipSync(JSON.stringify(toWire(state)), { level: 1 });
  return { bytes, checksum: hashOf(bytes) };
}

/** A text that is equal for equal states: what tests and verification compare. */
export function stateText(state: MarketState): string {
  return JSON.stringify(toWire(state));
}

export function openSnapshot(market: Market, { bytes, checksum }: Snapshot): MarketState {
  if (hashOf(bytes) !== checksum)
    throw new DamagedSnapshot(`a snapshot of ${market.market} does not match its checksum`);
  const wire = JSON.parse(gunzipSync(bytes).toString("utf8")) as Wire;
  if (wire.format !== 1 || wire.market !== market.market) {
    throw new DamagedSnapshot(`a snapshot says that it is ${wire.market} in format ${wire.format}`);
  }
  if (wire.units !== unitsText(market)) throw new MarketRedefined(market, wire.units);
  const state = new MarketState(market);
  state.head = wire.head;
  state.status = wire.status;
  state.fees.base = BigInt(wire.fees[0]);
  state.fees.quote = BigInt(wire.fees[1]);
  for (const userId of wire.frozenAccounts) state.frozenAccounts.add(userId);
  for (const order of wire.bids) state.book.add(orderFromWire(order));
  for (const order of wire.asks) state.book.add(orderFromWire(order));
  if (wire.taker !== undefined) state.taker = orderFromWire(wire.taker);
  if (wire.continuation !== undefined) {
    const [epoch, sequence, command] = wire.continuation;
    state.continuation = { epoch, sequence, command: commandFromWire(command) };
  }
  return state;
}

function toWire(state: MarketState): Wire {
  const { continuation, taker } = state;
  return {
    format: 1,
    market: state.market.market,
    units: unitsText(state.market),
    head: state.head,
    status: state.status,
    fees: [String(state.fees.base), String(state.fees.quote)],
    frozenAccounts: [...state.frozenAccounts].sort(),
    bids: [...state.book.orders("buy")].map(orderToWire),
    asks: [...state.book.orders("sell")].map(orderToWire),
    ...(taker === undefined ? {} : { taker: orderToWire(taker) }),
    ...(continuation === undefined
      ? {}
      : {
          continuation: [
            continuation.epoch,
            continuation.sequence,
            commandToWire(continuation.command),
          ] as const,
        }),
  };
}

function orderToWire(order: LiveOrder): WireOrder {
  return [termsToWire(order), String(order.filledLots), String(order.filledQuote), String(order.fee)];
}

function orderFromWire([terms, filledLots, filledQuote, fee]: WireOrder): LiveOrder {
  return {
    ...termsFromWire(terms),
    filledLots: BigInt(filledLots),
    filledQuote: BigInt(filledQuote),
    fee: BigInt(fee),
  };
}
