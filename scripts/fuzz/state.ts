import { setTimeout as sleep } from "node:timers/promises";
import { ExchangeError } from "../exchange/error.ts";
import { type HttpOptions, send } from "../exchange/http.ts";
import type { Session } from "./cast.ts";

/** What no refused call may change: all that an account has. */

const VIEWS = [
  "/api/wallet/balances",
  "/api/orders?limit=500",
  "/api/wallet/withdrawals?limit=500",
  "/api/wallet/deposits?limit=500",
  "/api/trades?limit=500",
  "/api/auth/me",
] as const;
const PAUSE_MS = 300;
const AT_REST_WITHIN_MS = 30_000;

/** Each view's text, by account and path. */
export type State = ReadonlyMap<string, string>;

/** The accounts' state once it stands still: what was accepted before is matched a moment later. */
export async function stateAtRest(
  accounts: readonly Session[],
  markets: readonly string[],
  http: HttpOptions,
): Promise<State> {
  const giveUpAt = performance.now() + AT_REST_WITHIN_MS;
  for (let before = await read(accounts, markets, http); ; ) {
    await sleep(PAUSE_MS);
    const after = await read(accounts, markets, http);
    if (differences(before, after).length === 0) return after;
    if (performance.now() > giveUpAt) throw new Error("the accounts do not come to rest");
    before = after;
  }
}

export function differences(before: State, after: State): readonly string[] {
  return [...after].flatMap(([view, text]) => {
    const earlier = before.get(view) ?? "";
    if (earlier === text) return [];
    const at = [...text].findIndex((character, index) => character !== earlier[index]);
    const part = (whole: string) => whole.slice(Math.max(0, at - 40), at + 120);
    return [`${view}: ...${part(earlier)}... became ...${part(text)}...`];
  });
}

async function read(
  accounts: readonly Session[],
  markets: readonly string[],
  http: HttpOptions,
): Promise<State> {
  const get = async (path: string, token?: string): Promise<string> => {
    try {
      return JSON.stringify(await send({ method: "GET", path, token, repeatable: true }, http));
    } catch (fault) {
      // An accepted call has frozen the account or ended its session: that is its state then.
      if (fault instanceof ExchangeError && (fault.status === 401 || fault.status === 403)) return fault.code;
      throw fault;
    }
  };
  const state = new Map<string, string>();
  for (const market of markets) {
    const path = `/api/markets/${encodeURIComponent(market)}`;
    state.set(path, await get(path));
  }
  for (const { email, accessToken } of accounts) {
    for (const view of VIEWS) state.set(`${view} of ${email}`, await get(view, accessToken));
  }
  return state;
}
