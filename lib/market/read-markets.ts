import { type Result, refuse, success } from "../contract/refusal.ts";
import { formatDecimal } from "../money/decimal.ts";
import { RATE_DECIMALS } from "../money/fee.ts";
import type { Store } from "../store/store.ts";
import { gateKey, gateStatus } from "./gate.ts";
import type { Catalogue, Market, MarketStatus } from "./market.ts";

type Ports = { readonly catalogue: Catalogue; readonly store: Store };

/** A market's definition as the contract words it, and its status as its gate says. */
export async function readMarkets(ports: Ports) {
  const markets = [...ports.catalogue.markets.values()];
  const gates = await ports.store.getMany(
    markets.map(({ market }) => ({ table: "market-data", key: gateKey(market) })),
  );
  return markets.map((market, index) => marketView(market, gateStatus(gates[index])));
}

export async function readMarket(name: string, ports: Ports): Promise<Result<ReturnType<typeof marketView>>> {
  const market = ports.catalogue.markets.get(name);
  if (market === undefined) return refuse("UNKNOWN_MARKET");
  const gate = await ports.store.get({ table: "market-data", key: gateKey(name) });
  return success(marketView(market, gateStatus(gate)));
}

function marketView(market: Market, status: MarketStatus) {
  const { base, quote } = market;
  return {
    market: market.market,
    base: base.asset,
    quote: quote.asset,
    tickSize: formatDecimal(market.tickUnits, market.priceDecimals),
    lotSize: formatDecimal(market.lotUnits, base.decimals),
    minNotional: formatDecimal(market.minNotional, quote.decimals),
    makerFee: formatDecimal(market.makerRate, RATE_DECIMALS),
    takerFee: formatDecimal(market.takerRate, RATE_DECIMALS),
    status,
  };
}
