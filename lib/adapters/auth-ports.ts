import type { Passwords, Tokens } from "../auth/ports.ts";
import { argon2Notice } from "./argon2.ts";
import { createLog } from "./log.ts";
import { passwords } from "./passwords.ts";
import { signingKey, verificationKeys } from "./signing-key.ts";
import { createTokens } from "./tokens.ts";

/** What only the functions need that sign users in. */
export const authPorts: { readonly tokens: Tokens; readonly passwords: Passwords } = {
  tokens: createTokens({ publicKeys: verificationKeys(process.env), privateKey: signingKey(process.env) }),
  passwords,
};

const notice = argon2Notice();
if (notice !== undefined) createLog().warn("argon2_not_in_node", { notice });
