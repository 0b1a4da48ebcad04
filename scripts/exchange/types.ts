/** What the public API answers, as far as the client programs read it. Amounts and prices are decimal strings. */

export type Side = "buy" | "sell";

export type OrderStatus =
  | "pending"
  | "open"
  | "partially_filled"
  | "filled"
  | "cancelled"
  | "rejected"
  | "expired";

export type User = {
  readonly id: string;
  readonly email: string;
  readonly role: string;
  readonly status: string;
};

export type TokenPair = {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  readonly user?: User;
};

export type Market = {
  readonly market: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly minNotional: string;
  readonly makerFee: string;
  readonly takerFee: string;
  readonly status: string;
};

/** [price, quantity], both decimal strings. */
export type Level = readonly [string, string];

export type OrderBook = {
  readonly market: string;
  readonly version: number;
  /** Best first, as are the asks. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

export type MarketTrade = {
  readonly id: string;
  readonly price: string;
  readonly quantity: string;
  readonly takerSide: Side;
  readonly time: string;
};

export type NewOrder = {
  readonly market: string;
  readonly side: Side;
  readonly type: "limit" | "market";
  readonly price?: string;
  readonly quantity?: string;
  readonly quoteQuantity?: string;
  readonly timeInForce?: "GTC" | "IOC";
  readonly clientOrderId?: string;
};

export type Order = {
  readonly id: string;
  readonly clientOrderId: string | null;
  readonly market: string;
  readonly side: Side;
  readonly type: string;
  readonly price: string | null;
  readonly quantity: string | null;
  readonly quoteQuantity: string | null;
  readonly filledQuantity: string;
  readonly filledQuote: string;
  readonly averagePrice: string | null;
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly timeInForce: string | null;
  /** The journal version that last changed the order; null while it is pending. */
  readonly version: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type CancelAnswer = {
  readonly id: string;
  readonly status: OrderStatus;
  readonly version?: number | null;
};

export type Balance = {
  readonly asset: string;
  readonly available: string;
  readonly locked: string;
  readonly total: string;
};

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor?: string | null };

export type Deposit = {
  readonly userId: string;
  readonly asset: string;
  readonly amount: string;
  readonly reference: string;
};
