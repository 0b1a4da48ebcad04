import type { Passwords, Tokens } from "../auth/ports.ts";
import { passwords } from "./passwords.ts";
import { signingKey, verificationKeys } from "./signing-key.ts";
import { createTokens } from "./tokens.ts";

/** What only the functions need that sign users in. */
export const authPorts: { readonly tokens: Tokens; readonly passwords: Passwords } = {
  tokens: createTokens({ publicKeys: verificationKeys(process.env), privateKey: signingKey(process.env) }),
  passwords,
};
