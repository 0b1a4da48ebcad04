import { type Market, readCatalogue } from "../../lib/market/market.ts";
import definitions from "../../resources/markets.json" with { type: "json" };

export function marketNamed(name: string): Market {
  const market = readCatalogue(definitions).markets.get(name);
  if (market === undefined) throw new Error(`there is no market ${name}`);
  return market;
}
