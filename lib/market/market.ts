import { formatDecimal, parseDecimal } from "../money/decimal.ts";
import { RATE_DECIMALS, RATE_SCALE } from "../money/fee.ts";

/** What a market is and what its numbers mean. Definitions come from `resources/markets.json` and are checked here, once. */

export type Asset = {
  readonly asset: string;
  /** The smallest unit is 10^-decimals. */
  readonly decimals: number;
  /** In smallest units; taken out of the withdrawn amount. */
  readonly withdrawalFee: bigint;
};

export type MarketStatus = "open" | "halted";

export type Market = {
  readonly market: string;
  readonly base: Asset;
  readonly quote: Asset;
  /** Prices are whole ticks; one tick is `tickUnits` of 10^-priceDecimals quote per whole base. */
  readonly priceDecimals: number;
  readonly tickUnits: bigint;
  /** Quantities are whole lots; one lot is this many of the base's smallest units. */
  readonly lotUnits: bigint;
  /** What one lot costs at one tick, in the quote's smallest units: whole, so that price x quantity is always exact. */
  readonly tickLotUnits: bigint;
  /** In the quote's smallest units. */
  readonly minNotional: bigint;
  /** In millionths. */
  readonly makerRate: bigint;
  readonly takerRate: bigint;
};

export type Catalogue = {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly markets: ReadonlyMap<string, Market>;
};

export type CatalogueSource = {
  readonly assets: readonly {
    readonly asset: string;
    readonly decimals: number;
    readonly withdrawalFee: string;
  }[];
  readonly markets: readonly {
    readonly market: string;
    readonly base: string;
    readonly quote: string;
    readonly tickSize: string;
    readonly lotSize: string;
    readonly minNotional: string;
    readonly makerFee: string;
    readonly takerFee: string;
  }[];
};

/** Reads and checks all definitions. Throws on the first that would make money inexact: such an exchange must not start. */
export function readCatalogue(source: CatalogueSource): Catalogue {
  const assets = new Map<string, Asset>();
  for (const { asset, decimals, withdrawalFee } of source.assets) {
    if (assets.has(asset)) throw new Error(`asset ${asset} is defined twice`);
    assets.set(asset, {
      asset,
      decimals,
      withdrawalFee: units(withdrawalFee, decimals, `${asset} withdrawalFee`),
    });
  }
  const markets = new Map<string, Market>();
  for (const definition of source.markets) {
    if (markets.has(definition.market)) throw new Error(`market ${definition.market} is defined twice`);
    markets.set(definition.market, readMarket(definition, assets));
  }
  return { assets, markets };
}

function readMarket(
  definition: CatalogueSource["markets"][number],
  assets: ReadonlyMap<string, Asset>,
): Market {
  const name = definition.market;
  const base = assets.get(definition.base);
  const quote = assets.get(definition.quote);
  if (base === undefined || quote === undefined)
    throw new Error(`market ${name} trades an asset that is not defined`);
  if (name !== `${base.asset}-${quote.asset}`) throw new Error(`market ${name} is not named base-quote`);
  const priceDecimals = definition.tickSize.split(".")[1]?.length ?? 0;
  const tickUnits = units(definition.tickSize, priceDecimals, `${name} tickSize`);
  const lotUnits = units(definition.lotSize, base.decimals, `${name} lotSize`);
  if (tickUnits === 0n || lotUnits === 0n) throw new Error(`market ${name} has a tick or lot of zero`);
  // tick [10^-priceDecimals quote per base] x lot [10^-base.decimals base], in units of 10^-quote.decimals quote.
  const numerator = tickUnits * lotUnits * 10n ** BigInt(quote.decimals);
  const denominator = 10n ** BigInt(priceDecimals + base.decimals);
  if (numerator % denominator !== 0n) {
    throw new Error(`market ${name}: tick x lot is not a whole number of ${quote.asset}'s smallest units`);
  }
  const makerRate = units(definition.makerFee, RATE_DECIMALS, `${name} makerFee`);
  const takerRate = units(definition.takerFee, RATE_DECIMALS, `${name} takerFee`);
  if (makerRate >= RATE_SCALE || takerRate >= RATE_SCALE)
    throw new Error(`market ${name} has a fee of all that is received`);
  return {
    market: name,
    base,
    quote,
    priceDecimals,
    tickUnits,
    lotUnits,
    tickLotUnits: numerator / denominator,
    minNotional: units(definition.minNotional, quote.decimals, `${name} minNotional`),
    makerRate,
    takerRate,
  };
}

function units(text: string, decimals: number, what: string): bigint {
  const parsed = parseDecimal(text, decimals);
  if (!parsed.ok) throw new Error(`${what}: ${text} ${parsed.fault}`);
  return parsed.units;
}

/** Price x quantity in the quote's smallest units. Exact. */
export function notional(market: Market, priceTicks: bigint, lots: bigint): bigint {
  return priceTicks * lots * market.tickLotUnits;
}

/** A price in quote per base, as a decimal string. */
export function formatPrice(market: Market, priceTicks: bigint): string {
  return formatDecimal(priceTicks * market.tickUnits, market.priceDecimals);
}

/** A quantity of the base, as a decimal string. */
export function formatQuantity(market: Market, lots: bigint): string {
  return formatDecimal(lots * market.lotUnits, market.base.decimals);
}

/**
 * What a market's stored numbers mean. It stands in the journal's first entry and in every snapshot: a market whose ticks, lots or decimals
 * were edited must not be read with the new ones.
 */
export function unitsText({ base, quote, priceDecimals, tickUnits, lotUnits }: Market): string {
  return `tick ${tickUnits}e-${priceDecimals} lot ${lotUnits}e-${base.decimals} quote e-${quote.decimals}`;
}

/** A market's definition no longer gives its stored numbers their meaning. */
export class MarketRedefined extends Error {
  override readonly name = "MarketRedefined";

  constructor(market: Market, stored: string) {
    super(
      `${market.market} was traded with ${stored} and is defined with ${unitsText(market)} now; put the definition back`,
    );
  }
}
