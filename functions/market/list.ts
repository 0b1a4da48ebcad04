import { ports } from "../../lib/adapters/ports.ts";
import { wholeList } from "../../lib/contract/cursor.ts";
import { listMarkets } from "../../lib/contract/market.ts";
import { success } from "../../lib/contract/refusal.ts";
import { endpoint } from "../../lib/edge/endpoint.ts";
import { readMarkets } from "../../lib/market/read-markets.ts";
import { SharedRead } from "../../lib/market-data/shared-read.ts";

const markets = new SharedRead(() => readMarkets(ports), ports);

export const handler = endpoint(
  listMarkets,
  async () => success({ status: 200, body: wholeList(await markets.get()) }),
  ports,
);
