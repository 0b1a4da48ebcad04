import type { Code } from "../contract/refusal.ts";

/** What the public sees of a code. `retryAfterSeconds` is there where the same call may succeed later. */
export type PublicAnswer = {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds?: number;
};

/** Every code has exactly one answer, for HTTP and for whoever else needs to know whether to try again. */
export const ANSWERS: { readonly [code in Code]: PublicAnswer } = {
  VALIDATION_ERROR: { status: 400, text: "Validation failed" },
  INSUFFICIENT_FUNDS: { status: 400, text: "Insufficient funds" },
  PRICE_NOT_ON_TICK: { status: 400, text: "The price is not a multiple of the market's tick size" },
  QUANTITY_NOT_ON_LOT: { status: 400, text: "The quantity is not a multiple of the market's lot size" },
  NOTIONAL_TOO_SMALL: { status: 400, text: "The order is worth less than the market's minimum" },
  UNAUTHORIZED: { status: 401, text: "Authentication required" },
  INVALID_CREDENTIALS: { status: 401, text: "Wrong e-mail address or password" },
  TOKEN_REUSED: { status: 401, text: "The refresh token was used before; the session has ended" },
  FORBIDDEN: { status: 403, text: "Admin access required" },
  ACCOUNT_FROZEN: { status: 403, text: "The account is frozen" },
  NOT_FOUND: { status: 404, text: "Not found" },
  UNKNOWN_MARKET: { status: 404, text: "Unknown market" },
  MARKET_HALTED: { status: 409, text: "The market is halted" },
  DUPLICATE_CLIENT_ORDER_ID: { status: 409, text: "The client order id was used for another order" },
  IDEMPOTENCY_MISMATCH: { status: 409, text: "The idempotency key was used for another request" },
  EMAIL_TAKEN: { status: 409, text: "The e-mail address has an account already" },
  ORDER_CLOSED: { status: 409, text: "The order is closed" },
  DUPLICATE_REFERENCE: { status: 409, text: "The reference was used with other terms" },
  ALREADY_DECIDED: { status: 409, text: "The withdrawal is decided already" },
  CONFLICT: { status: 409, text: "The call conflicts with the present state" },
  PAYLOAD_TOO_LARGE: { status: 413, text: "The body is larger than 64 KiB" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, text: "The body must be application/json" },
  RATE_LIMITED: { status: 429, text: "Too many calls at once; try again", retryAfterSeconds: 1 },
  INTERNAL: { status: 500, text: "Internal server error" },
  UNAVAILABLE: { status: 503, text: "Temporarily unavailable", retryAfterSeconds: 1 },
};
