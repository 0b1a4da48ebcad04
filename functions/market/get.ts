import { ports } from "../../lib/adapters/ports.ts";
import { getMarket } from "../../lib/contract/market.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { readMarket } from "../../lib/market/read-markets.ts";
import { SharedReads } from "../../lib/market-data/shared-read.ts";

const reads = new SharedReads<Awaited<ReturnType<typeof readMarket>>>();

export const handler = endpoint(
  getMarket,
  async ({ params: { market } }) =>
    answered(200, await reads.get(market, () => readMarket(market, ports), ports)),
  ports,
);
