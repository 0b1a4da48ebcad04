import { ports } from "../../lib/adapters/ports.ts";
import { getMarket } from "../../lib/contract/market.ts";
import { answered, endpoint } from "../../lib/edge/endpoint.ts";
import { readMarket } from "../../lib/market/read-markets.ts";

export const handler = endpoint(
  getMarket,
  async ({ params }) => answered(200, await readMarket(params.market, ports)),
  ports,
);
