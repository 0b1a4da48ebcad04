import { ports } from "../../lib/adapters/ports.ts";
import { wholeList } from "../../lib/contract/cursor.ts";
import { listMarkets } from "../../lib/contract/market.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { readMarkets } from "../../lib/market/read-markets.ts";

export const handler = endpoint(
  listMarkets,
  async () => success({ status: 200, body: wholeList(await readMarkets(ports)) }),
  ports,
);
