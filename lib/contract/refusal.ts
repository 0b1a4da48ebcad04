/**
 * Expected refusals are values, not exceptions. The codes are public: clients branch on them.
 * `lib/edge/answers.ts` gives each its status and default text.
 */
export type Code =
  | "VALIDATION_ERROR"
  | "INSUFFICIENT_FUNDS"
  | "PRICE_NOT_ON_TICK"
  | "QUANTITY_NOT_ON_LOT"
  | "NOTIONAL_TOO_SMALL"
  | "UNKNOWN_MARKET"
  | "MARKET_HALTED"
  | "DUPLICATE_CLIENT_ORDER_ID"
  | "IDEMPOTENCY_MISMATCH"
  | "UNAUTHORIZED"
  | "INVALID_CREDENTIALS"
  | "TOKEN_REUSED"
  | "FORBIDDEN"
  | "ACCOUNT_FROZEN"
  | "NOT_FOUND"
  | "EMAIL_TAKEN"
  | "ORDER_CLOSED"
  | "DUPLICATE_REFERENCE"
  | "ALREADY_DECIDED"
  | "CONFLICT"
  | "PAYLOAD_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "RATE_LIMITED"
  | "UNAVAILABLE"
  | "INTERNAL";

export type Detail = { readonly path: string; readonly message: string };

export type Refusal = {
  readonly code: Code;
  /** Public text, where the code's default text says too little. */
  readonly message?: string;
  readonly details?: readonly Detail[];
};

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function refuse(code: Code, message?: string, details?: readonly Detail[]): Result<never> {
  return {
    ok: false,
    refusal: {
      code,
      ...(message === undefined ? {} : { message }),
      ...(details === undefined ? {} : { details }),
    },
  };
}
