import { gunzipSync, gzipSync } from "node:zlib";
import { type Market, MarketRedefined, type MarketStatus, unitsText } from "../market/market.ts";
import type { AccountStatus } from "./command.ts";
import { hashOf } from "./entry.ts";
import { type Head, MarketState, type Numbered } from "./market-state.ts";
import { commandFromWire, commandToWire, type WireCommand } from "./wire/command.ts";
import { orderFromWire, orderToWire, type WireOrder } from "./wire/order.ts";

/** The whole state of a market as bytes. Equal states give equal bytes. */

type Wire = {
  readonly format: 2;
  readonly market: string;
  readonly units: string;
  readonly head: Head;
  readonly status: readonly [status: MarketStatus, number: number];
  readonly fees: readonly [base: string, quote: string];
  readonly accounts: readonly (readonly [userId: string, status: AccountStatus, number: number])[];
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
  if (wire.format !== 2 || wire.market !== market.market) {
    throw new DamagedSnapshot(`a snapshot says that it is ${wire.market} in format ${wire.format}`);
  }
  if (wire.units !== unitsText(market)) throw new MarketRedefined(market, wire.units);
  const state = new MarketState(market);
  state.head = wire.head;
  [state.status, state.statusNumber] = wire.status;
  state.fees.base = BigInt(wire.fees[0]);
  state.fees.quote = BigInt(wire.fees[1]);
  for (const [userId, status, number] of wire.accounts) state.accounts.set(userId, { status, number });
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
    format: 2,
    market: state.market.market,
    units: unitsText(state.market),
    head: state.head,
    status: [state.status, state.statusNumber],
    fees: [String(state.fees.base), String(state.fees.quote)],
    accounts: [...state.accounts.keys()].sort().map((userId) => {
      const { status, number } = state.accounts.get(userId) as Numbered<AccountStatus>;
      return [userId, status, number] as const;
    }),
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
