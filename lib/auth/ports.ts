import type { ExchangePorts } from "../ports/ports.ts";

export type AccessClaims = { readonly userId: string; readonly sessionId: string };
export type RefreshClaims = AccessClaims & { readonly generation: bigint };

/** Checks access tokens; needs the public key only. */
export type AccessTokens = {
  /** Undefined for anything but an access token of ours that is still good. */
  verify(token: string, nowMs: number): Promise<AccessClaims | undefined>;
};

export type IssuedTokens = {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
};

/** Signs tokens; needs the private key. */
export type Tokens = {
  issue(claims: RefreshClaims, nowMs: number): Promise<IssuedTokens>;
  /** Undefined for anything but a refresh token of ours that is still good. */
  verifyRefresh(token: string, nowMs: number): Promise<RefreshClaims | undefined>;
};

export type PasswordCheck = {
  readonly matches: boolean;
  /** Whether the hash was made with other parameters than today's, and should be made anew while the password is at hand. */
  readonly outdated: boolean;
};

export type Passwords = {
  hash(password: string): Promise<string>;
  /** Without a hash it costs the same and matches nothing, so that time does not tell whether an account exists. */
  check(password: string, hash: string | undefined): Promise<PasswordCheck>;
};

export type AuthPorts = Pick<ExchangePorts, "store" | "clock" | "random" | "log"> & {
  readonly tokens: Tokens;
  readonly passwords: Passwords;
};

/** What use cases need that touch sessions, and neither passwords nor signatures. */
export type SessionPorts = Pick<AuthPorts, "store" | "clock" | "random" | "log">;

/** Where a call came from. */
export type Client = { readonly ip: string; readonly userAgent: string };
