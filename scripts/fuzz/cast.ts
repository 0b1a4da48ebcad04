import type { Chance } from "../demo/chance.ts";
import { ExchangeError } from "../exchange/error.ts";
import { type HttpOptions, send } from "../exchange/http.ts";

/** Who calls in one stream of requests, and what it has seen of the exchange so far. */

export type Session = {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  accessToken: string;
  refreshToken: string;
  signedInAtMs: number;
};

export type Cast = {
  readonly chance: Chance;
  /** Whose calls most are. */
  readonly user: Session;
  /** Another one, whose things are tried with the first one's token. */
  readonly other: Session;
  readonly admin: Session;
  /** Accounts that may be frozen and promoted. */
  readonly scapegoats: readonly string[];
  readonly markets: readonly string[];
  readonly assets: readonly string[];
  /** Ids by the collection that they stand in, such as `orders`; the newest last. */
  readonly ids: Map<string, string[]>;
  readonly cursors: string[];
  /** Tokens that were good once. */
  readonly oldTokens: string[];
  /** So that addresses and references are new in each run. */
  readonly run: string;
};

const MOST_KEPT = 60;
export const PASSWORD = "correct horse battery";

export function remember(list: string[], text: string): void {
  list.push(text);
  if (list.length > MOST_KEPT) list.shift();
}

type Pair = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string };
};

export async function signIn(email: string, password: string, http: HttpOptions): Promise<Session> {
  const pair = (await send(
    { method: "POST", path: "/api/auth/login", body: { email, password }, repeatable: true },
    http,
  )) as Pair;
  return {
    userId: pair.user.id,
    email,
    password,
    accessToken: pair.accessToken,
    refreshToken: pair.refreshToken,
    signedInAtMs: Date.now(),
  };
}

export async function signUp(email: string, http: HttpOptions): Promise<Session> {
  const call = { method: "POST", path: "/api/auth/register", body: { email, password: PASSWORD } } as const;
  await send({ ...call, repeatable: true }, http).catch((error: unknown) => {
    if (!(error instanceof ExchangeError && error.code === "EMAIL_TAKEN")) throw error;
  });
  return await signIn(email, PASSWORD, http);
}

/** The requests end sessions as well; then their owner signs in again. */
export async function renew(session: Session, cast: Cast, http: HttpOptions): Promise<void> {
  remember(cast.oldTokens, session.accessToken);
  Object.assign(session, await signIn(session.email, session.password, http));
}
