import { randomBytes } from "node:crypto";
import { loginAdmin } from "../exchange/admin.ts";
import { ExchangeClient } from "../exchange/client.ts";
import type { HttpOptions } from "../exchange/http.ts";
import type { Market } from "../exchange/types.ts";
import type { Assignment, Need } from "./assignment.ts";
import type { Mapping } from "./mapping.ts";

/** The users of one replay: fresh ones, so that no older order or balance is in the way. */
export type Crew = { readonly makers: readonly ExchangeClient[]; readonly taker: ExchangeClient };

export type CrewOptions = {
  readonly run: string;
  readonly market: Market;
  readonly mapping: Mapping;
  readonly http: HttpOptions;
};

export async function gatherCrew(assignment: Assignment, options: CrewOptions): Promise<Crew> {
  const admin = await loginAdmin(options.http);
  const { market, mapping, run } = options;
  const join = async (role: string, need: Need) => {
    const client = new ExchangeClient(options.http);
    const user = await client.signUp(
      `replay-${run}-${role}@example.com`,
      randomBytes(18).toString("base64url"),
    );
    const funds = [
      { asset: market.base, amount: mapping.quantity(need.shares) },
      { asset: market.quote, amount: mapping.notional(need.priceTimesShares) },
    ];
    for (const { asset, amount } of funds) {
      if (amount === "0") continue;
      await admin.deposit({ userId: user.id, asset, amount, reference: `replay-${run}-${role}-${asset}` });
    }
    return client;
  };
  const makers: ExchangeClient[] = [];
  for (const [index, need] of assignment.makers.entries())
    makers.push(await join(`maker-${index + 1}`, need));
  return { makers, taker: await join("taker", assignment.taker) };
}
