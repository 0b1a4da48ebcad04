import { randomBytes } from "node:crypto";
import { login, me, refresh, register } from "../../lib/contract/auth.ts";
import { getOrderBook, listMarkets, listMarketTrades } from "../../lib/contract/market.ts";
import type { Route } from "../../lib/contract/route.ts";
import { cancelOrder, cancelOrders, getOrder, listOrders, placeOrder } from "../../lib/contract/trading.ts";
import { creditDeposit, listBalances } from "../../lib/contract/wallet.ts";
import { ExchangeError } from "./error.ts";
import { type Call, type HttpOptions, send } from "./http.ts";
import type { Answered, Given, NewOrder, Side, TokenPair, User } from "./types.ts";

export type OrderOptions = {
  /** With a key the call may be repeated safely, and is, for as long as `retryForMs` says. */
  readonly idempotencyKey?: string | undefined;
  /** `Prefer: wait=N`: answer once the order has left `pending`. */
  readonly waitSeconds?: number | undefined;
};

type Session = Pick<TokenPair, "accessToken" | "refreshToken"> & { readonly renewAtMs: number };
type Credentials = { readonly email: string; readonly password: string };

/** A token is renewed while it still has a third of its life, at most this much, so that none expires on the way. */
const RENEW_BEFORE_MS = 30_000;

/**
 * One user's view of the exchange, through its public API only. It keeps the session alive by itself: access tokens
 * are renewed before they expire, and when the session is gone it logs in again.
 */
export class ExchangeClient {
  readonly #http: HttpOptions;
  #session: Session | null = null;
  #credentials: Credentials | null = null;
  #renewal: Promise<void> | null = null;

  constructor(options: HttpOptions) {
    this.#http = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, "") };
  }

  async login(email: string, password: string): Promise<void> {
    const pair = await this.#call(login, { body: { email, password } }, { repeatable: true });
    this.#credentials = { email, password };
    this.#remember(pair);
  }

  /**
   * Registers and logs in. Where the registration's answer was lost, or the account is an old one, logging in decides.
   */
  async signUp(email: string, password: string): Promise<User> {
    const registration = this.#call(register, { body: { email, password } }, { repeatable: true });
    await registration.catch((error: unknown) => {
      if (!(error instanceof ExchangeError && error.code === "EMAIL_TAKEN")) throw error;
    });
    await this.login(email, password);
    return this.me();
  }

  async me() {
    return this.#call(me, {});
  }

  async markets() {
    return (await this.#call(listMarkets, {})).items;
  }

  /** With `minVersion` the book is of that version or a later one. */
  async orderbook(market: string, depth: number, minVersion?: number) {
    const query = { depth, ...(minVersion === undefined ? {} : { minVersion }) };
    return this.#call(getOrderBook, { params: { market }, query });
  }

  async marketTrades(market: string, limit: number) {
    return (await this.#call(listMarketTrades, { params: { market }, query: { limit } })).items;
  }

  async placeOrder(order: NewOrder, options: OrderOptions = {}) {
    const repeatable = options.idempotencyKey !== undefined;
    return this.#call(placeOrder, { body: order }, { repeatable, ...options });
  }

  async order(id: string) {
    return this.#call(getOrder, { params: { id } });
  }

  /** One page, newest first. `status` is one status, or `live`, or `closed`. */
  async orders(query: NonNullable<Given<typeof listOrders>["query"]>) {
    return this.#call(listOrders, { query });
  }

  /** Repeating a cancel is harmless, but one whose answer was lost may be answered ORDER_CLOSED. */
  async cancelOrder(id: string, options: OrderOptions = {}) {
    return this.#call(cancelOrder, { params: { id } }, options);
  }

  async cancelAll(market: string, side?: Side): Promise<void> {
    await this.#call(cancelOrders, { query: { market, ...(side === undefined ? {} : { side }) } });
  }

  async balances() {
    return (await this.#call(listBalances, {})).items;
  }

  /** For admins. The reference makes it safe to repeat: the same deposit is credited once. */
  async deposit(body: NonNullable<Given<typeof creditDeposit>["body"]>): Promise<void> {
    await this.#call(creditDeposit, { body }, { repeatable: true });
  }

  async #call<R extends Route>(
    route: R,
    { params, query, body }: Given<R>,
    options: OrderOptions & { readonly repeatable?: boolean } = {},
  ): Promise<Answered<R>> {
    const { method } = route;
    const values = new Map(Object.entries(params ?? {}));
    const path = route.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(values.get(name))));
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) asked.set(name, String(value));
    const call: Call = {
      method,
      path: asked.size === 0 ? path : `${path}?${asked}`,
      body,
      repeatable: method !== "POST",
      ...options,
    };
    const answer = route.auth === "none" ? send(call, this.#http) : this.#signed(call);
    return (await answer) as Answered<R>;
  }

  async #signed(call: Call): Promise<unknown> {
    const session = this.#session;
    if (session !== null && Date.now() >= session.renewAtMs) await this.#refresh();
    const token = this.#session?.accessToken;
    try {
      return await send({ ...call, token }, this.#http);
    } catch (error) {
      // A 401 was refused before anything was done, so the call may be sent again with a new token.
      const renewable = error instanceof ExchangeError && error.status === 401 && session !== null;
      if (!renewable) throw error;
      if (this.#session?.accessToken === token) await this.#refresh();
      return send({ ...call, token: this.#session?.accessToken }, this.#http);
    }
  }

  /** Exchanges the refresh token for a new pair; several callers at once share one exchange. */
  async #refresh(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    await this.#renewal;
  }

  async #renew(): Promise<void> {
    const refreshToken = this.#session?.refreshToken ?? "";
    try {
      this.#remember(await this.#call(refresh, { body: { refreshToken } }, { repeatable: true }));
    } catch (error) {
      const ended =
        error instanceof ExchangeError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (!ended || this.#credentials === null) throw error;
      await this.login(this.#credentials.email, this.#credentials.password);
    }
  }

  #remember({ accessToken, refreshToken, expiresIn }: TokenPair): void {
    const lifeMs = expiresIn * 1_000;
    const renewAtMs = Date.now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 3);
    this.#session = { accessToken, refreshToken, renewAtMs };
  }
}

/** Logs in as the admin whom the local stack creates, from the same variables and with the same defaults. */
export async function loginAdmin(options: HttpOptions): Promise<ExchangeClient> {
  const admin = new ExchangeClient(options);
  const email = process.env.ADMIN_EMAIL ?? "admin@example.com";
  await admin.login(email, process.env.ADMIN_PASSWORD ?? "local-admin-password-1");
  return admin;
}

/** Somebody new, with money. */
export async function newTrader({
  email,
  funds,
  admin,
  http,
}: NewTrader): Promise<{ readonly client: ExchangeClient; readonly userId: string }> {
  const client = new ExchangeClient(http);
  const { id: userId } = await client.signUp(email, randomBytes(18).toString("base64url"));
  for (const [asset, amount] of funds)
    if (amount !== "0") await admin.deposit({ userId, asset, amount, reference: `${email} ${asset}` });
  return { client, userId };
}

type NewTrader = {
  readonly email: string;
  readonly funds: Iterable<readonly [asset: string, amount: string]>;
  readonly admin: ExchangeClient;
  readonly http: HttpOptions;
};
