import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CatalogueSource,
  formatPrice,
  formatQuantity,
  type Market,
  notional,
  readCatalogue,
} from "../../../lib/market/market.ts";
import { formatDecimal } from "../../../lib/money/decimal.ts";
import definitions from "../../../resources/markets.json" with { type: "json" };

const ASSETS: CatalogueSource["assets"] = [
  { asset: "BTC", decimals: 8, withdrawalFee: "0.0002" },
  { asset: "USDT", decimals: 6, withdrawalFee: "1" },
];
const BTC_USDT: CatalogueSource["markets"][number] = {
  market: "BTC-USDT",
  base: "BTC",
  quote: "USDT",
  tickSize: "0.01",
  lotSize: "0.0001",
  minNotional: "5",
  makerFee: "0.001",
  takerFee: "0.002",
};

function read(change: Partial<CatalogueSource["markets"][number]>, assets = ASSETS): Market | undefined {
  const definition = { ...BTC_USDT, ...change };
  return readCatalogue({ assets, markets: [definition] }).markets.get(definition.market);
}

describe("a market's definition", () => {
  test("becomes whole numbers", () => {
    expect(read({})).toMatchObject({
      priceDecimals: 2,
      tickUnits: 1n,
      lotUnits: 10_000n,
      tickLotUnits: 1n,
      minNotional: 5_000_000n,
      makerRate: 1_000n,
      takerRate: 2_000n,
    });
    expect(read({ tickSize: "0.5", lotSize: "2" })).toMatchObject({
      priceDecimals: 1,
      tickUnits: 5n,
      lotUnits: 200_000_000n,
      tickLotUnits: 1_000_000n,
    });
  });

  test.each<[string, Partial<CatalogueSource["markets"][number]>, RegExp]>([
    ["an asset that is not there", { base: "ETH", market: "ETH-USDT" }, /not defined/],
    ["another name than base-quote", { market: "BTCUSDT" }, /not named base-quote/],
    ["a tick of zero", { tickSize: "0" }, /zero/],
    ["a lot of zero", { lotSize: "0.0000" }, /zero/],
    ["a lot finer than the asset", { lotSize: "0.000000001" }, /too_many_decimals/],
    ["tick x lot finer than the quote's smallest unit", { lotSize: "0.00001" }, /not a whole number/],
    ["a tick that is no decimal", { tickSize: "1e-2" }, /not_a_decimal/],
    ["a minimum notional finer than the quote", { minNotional: "0.0000001" }, /too_many_decimals/],
    ["a fee finer than a millionth", { makerFee: "0.0000001" }, /too_many_decimals/],
    ["a maker's fee of everything", { makerFee: "1" }, /fee/],
    ["a taker's fee of everything", { takerFee: "1" }, /fee/],
    ["a fee below zero", { takerFee: "-0.001" }, /not_a_decimal/],
  ])("with %s is refused", (_, change, reason) => {
    expect(() => read(change)).toThrow(reason);
  });

  test("twice is refused, as is an asset defined twice or with a fee finer than itself", () => {
    expect(() => readCatalogue({ assets: ASSETS, markets: [BTC_USDT, BTC_USDT] })).toThrow(/twice/);
    expect(() => readCatalogue({ assets: [...ASSETS, ...ASSETS], markets: [] })).toThrow(/twice/);
    const fine = [{ asset: "USDT", decimals: 6, withdrawalFee: "0.0000001" }];
    expect(() => readCatalogue({ assets: fine, markets: [] })).toThrow(/withdrawalFee/);
  });

  test("of every market of the exchange gives exact amounts, as exact arithmetic on decimals has them", () => {
    const markets = [...readCatalogue(definitions).markets.values()];
    fc.assert(
      fc.property(
        fc.constantFrom(...markets),
        fc.bigInt(1n, 10n ** 12n),
        fc.bigInt(1n, 10n ** 12n),
        (market, ticks, lots) => {
          // Both are decimal texts without a point, so their product has as many decimals as they have together.
          const places = market.priceDecimals + market.base.decimals;
          const exact = formatDecimal(ticks * market.tickUnits * (lots * market.lotUnits), places);
          expect(formatDecimal(notional(market, ticks, lots), market.quote.decimals)).toBe(exact);
        },
      ),
    );
  });

  test("prints prices and quantities as the market counts them", () => {
    const market = read({}) as Market;
    expect(formatPrice(market, 5_000_001n)).toBe("50000.01");
    expect(formatQuantity(market, 12_345n)).toBe("1.2345");
  });
});
