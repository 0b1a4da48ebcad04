import type { AccessTokens } from "../auth/ports.ts";
import { verificationKeys } from "./signing-key.ts";
import { createAccessTokens } from "./tokens.ts";

/** Checks access tokens with the keys in the environment; what every function behind a sign-in needs. */
export const accessTokens: AccessTokens = createAccessTokens(verificationKeys(process.env));
