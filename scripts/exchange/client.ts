import { ExchangeError } from "./error.ts";
import { type Call, type HttpOptions, send } from "./http.ts";
import type {
  Balance,
  CancelAnswer,
  Deposit,
  Market,
  MarketTrade,
  NewOrder,
  Order,
  OrderBook,
  Page,
  Side,
  TokenPair,
  User,
} from "./types.ts";

export type OrderOptions = {
  /** With a key the call may be repeated safely, and is, for as long as `retryForMs` says. */
  readonly idempotencyKey?: string | undefined;
  /** `Prefer: wait=N`: answer once the order has left `pending`. */
  readonly waitSeconds?: number | undefined;
};

type Session = { readonly accessToken: string; readonly refreshToken: string; readonly renewAtMs: number };
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

  async register(email: string, password: string): Promise<User> {
    return send<User>(
      { method: "POST", path: "/api/auth/register", body: { email, password }, repeatable: false },
      this.#http,
    );
  }

  async login(email: string, password: string): Promise<TokenPair> {
    const call: Call = {
      method: "POST",
      path: "/api/auth/login",
      body: { email, password },
      repeatable: true,
    };
    const pair = await send<TokenPair>(call, this.#http);
    this.#credentials = { email, password };
    this.#remember(pair);
    return pair;
  }

  /**
   * Registers and logs in. Where the registration's answer was lost, or the account is an old one, logging in decides.
   */
  async signUp(email: string, password: string): Promise<User> {
    const call: Call = {
      method: "POST",
      path: "/api/auth/register",
      body: { email, password },
      repeatable: true,
    };
    await send<User>(call, this.#http).catch((error: unknown) => {
      if (!(error instanceof ExchangeError && error.code === "EMAIL_TAKEN")) throw error;
    });
    const { user } = await this.login(email, password);
    return user ?? (await this.me());
  }

  /** Exchanges the refresh token for a new pair; several callers at once share one exchange. */
  async refresh(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    await this.#renewal;
  }

  async me(): Promise<User> {
    return this.#signed({ method: "GET", path: "/api/auth/me", repeatable: true });
  }

  async markets(): Promise<readonly Market[]> {
    return (await this.#public<Page<Market>>("/api/markets")).items;
  }

  /** With `minVersion` the book is of that version or a later one. */
  async orderbook(market: string, depth: number, minVersion?: number): Promise<OrderBook> {
    return this.#public(
      `/api/markets/${encodeURIComponent(market)}/orderbook${queryOf({ depth, minVersion })}`,
    );
  }

  async marketTrades(market: string, limit: number): Promise<readonly MarketTrade[]> {
    return (
      await this.#public<Page<MarketTrade>>(
        `/api/markets/${encodeURIComponent(market)}/trades?limit=${limit}`,
      )
    ).items;
  }

  async placeOrder(order: NewOrder, options: OrderOptions = {}): Promise<Order> {
    const repeatable = options.idempotencyKey !== undefined;
    return this.#signed({ method: "POST", path: "/api/orders", body: order, repeatable, ...options });
  }

  async order(id: string): Promise<Order> {
    return this.#signed({ method: "GET", path: `/api/orders/${encodeURIComponent(id)}`, repeatable: true });
  }

  /** One page, newest first. `status` is one status, or `live`, or `closed`. */
  async orders(filter: {
    market?: string;
    status?: string;
    limit?: number;
    cursor?: string;
  }): Promise<Page<Order>> {
    return this.#signed({ method: "GET", path: `/api/orders${queryOf(filter)}`, repeatable: true });
  }

  /** Repeating a cancel is harmless, but one whose answer was lost may be answered ORDER_CLOSED. */
  async cancelOrder(id: string, options: OrderOptions = {}): Promise<CancelAnswer> {
    return this.#signed({
      method: "DELETE",
      path: `/api/orders/${encodeURIComponent(id)}`,
      repeatable: true,
      ...options,
    });
  }

  async cancelAll(market: string, side?: Side): Promise<void> {
    const path = `/api/orders${queryOf({ market, side })}`;
    await this.#signed({ method: "DELETE", path, repeatable: true });
  }

  async balances(): Promise<readonly Balance[]> {
    return (
      await this.#signed<Page<Balance>>({ method: "GET", path: "/api/wallet/balances", repeatable: true })
    ).items;
  }

  /** For admins. The reference makes it safe to repeat: the same deposit is credited once. */
  async deposit(deposit: Deposit): Promise<void> {
    await this.#signed({ method: "POST", path: "/api/admin/deposits", body: deposit, repeatable: true });
  }

  /** For admins. */
  async reconciliation(): Promise<unknown> {
    return this.#signed({ method: "GET", path: "/api/admin/reconciliation", repeatable: true });
  }

  async #public<T>(path: string): Promise<T> {
    return send<T>({ method: "GET", path, repeatable: true }, this.#http);
  }

  async #signed<T>(call: Call): Promise<T> {
    const session = this.#session;
    if (session !== null && Date.now() >= session.renewAtMs) await this.refresh();
    const token = this.#session?.accessToken;
    try {
      return await send<T>({ ...call, token }, this.#http);
    } catch (error) {
      // A 401 was refused before anything was done, so the call may be sent again with a new token.
      const renewable = error instanceof ExchangeError && error.status === 401 && session !== null;
      if (!renewable) throw error;
      if (this.#session?.accessToken === token) await this.refresh();
      return send<T>({ ...call, token: this.#session?.accessToken }, this.#http);
    }
  }

  async #renew(): Promise<void> {
    const refreshToken = this.#session?.refreshToken;
    const call: Call = {
      method: "POST",
      path: "/api/auth/refresh",
      body: { refreshToken },
      repeatable: true,
    };
    try {
      this.#remember(await send<TokenPair>(call, this.#http));
    } catch (error) {
      const ended =
        error instanceof ExchangeError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (!ended || this.#credentials === null) throw error;
      await this.login(this.#credentials.email, this.#credentials.password);
    }
  }

  #remember(pair: TokenPair): void {
    const lifeMs = pair.expiresIn * 1_000;
    this.#session = {
      accessToken: pair.accessToken,
      refreshToken: pair.refreshToken,
      renewAtMs: Date.now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 3),
    };
  }
}

function queryOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
