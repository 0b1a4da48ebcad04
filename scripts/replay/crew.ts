import { type ExchangeClient, loginAdmin, newTrader } from "../exchange/client.ts";
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
  const join = async (role: string, { shares, priceTimesShares }: Need) => {
    const email = `replay-${run}-${role}@example.com`;
    const funds = [
      [market.base, mapping.quantity(shares)],
      [market.quote, mapping.notional(priceTimesShares)],
    ] as const;
    return (await newTrader({ email, funds, admin, http: options.http })).client;
  };
  const makers: ExchangeClient[] = [];
  for (const [index, need] of assignment.makers.entries())
    makers.push(await join(`maker-${index + 1}`, need));
  return { makers, taker: await join("taker", assignment.taker) };
}
