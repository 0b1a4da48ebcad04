import type { AccessTokens } from "../auth/ports.ts";
import { verificationKey } from "./signing-key.ts";
import { createAccessTokens } from "./tokens.ts";

/** Checks access tokens with the key in the environment; what every function behind a sign-in needs. */
export const accessTokens: AccessTokens = createAccessTokens(verificationKey(process.env));
