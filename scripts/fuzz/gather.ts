import { chanceFrom } from "../demo/chance.ts";
import { loginAdmin } from "../exchange/client.ts";
import { type HttpOptions, send } from "../exchange/http.ts";
import { type Cast, type Session, signIn, signUp } from "./cast.ts";

const FUNDS = { BTC: "100", ETH: "1000", USDT: "1000000" };
const SCAPEGOATS = 3;

type Wanted = {
  readonly http: HttpOptions;
  readonly seed: number;
  readonly streams: number;
  readonly run: string;
};

/** Two accounts with money and an admin's session for each stream, and a few accounts that nobody will miss. */
export async function gatherCasts({ http, seed, streams, run }: Wanted): Promise<readonly Cast[]> {
  const client = await loginAdmin(http);
  const markets = await client.markets();
  const adminEmail = process.env.ADMIN_EMAIL ?? "admin@example.com";
  const adminPassword = process.env.ADMIN_PASSWORD ?? "local-admin-password-1";
  const scapegoats: string[] = [];
  for (let index = 0; index < SCAPEGOATS; index++)
    scapegoats.push((await signUp(`scapegoat-${index}-${run}@example.com`, http)).userId);
  const casts: Cast[] = [];
  for (let stream = 0; stream < streams; stream++) {
    const admin = await signIn(adminEmail, adminPassword, http);
    const account = async (name: string): Promise<Session> => {
      const session = await signUp(`${name}-${stream}-${run}@example.com`, http);
      for (const [asset, amount] of Object.entries(FUNDS)) {
        const body = { userId: session.userId, asset, amount, reference: `${session.userId} ${asset}` };
        const call = { method: "POST", path: "/api/admin/deposits", body, token: admin.accessToken } as const;
        await send({ ...call, repeatable: true }, http);
      }
      return session;
    };
    casts.push({
      chance: chanceFrom(seed + stream * 7_919),
      user: await account("fuzz"),
      other: await account("other"),
      admin,
      scapegoats,
      markets: markets.map(({ market }) => market),
      assets: [...new Set(markets.flatMap(({ base, quote }) => [base, quote]))],
      ids: new Map(),
      cursors: [],
      oldTokens: [],
      run: `${run}-${stream}`,
    });
  }
  return casts;
}
