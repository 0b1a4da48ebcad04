import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { AccessTokens, Tokens } from "../auth/ports.ts";
import { SESSION_SECONDS } from "../auth/session-item.ts";
import { ALGORITHM, type Lazy, type SigningKey, type VerificationKeys } from "./signing-key.ts";

/** Long enough that refreshing is rare; what must end at once is read with every request anyway. */
const ACCESS_SECONDS = 15 * 60;
const ISSUER = "cex-pilot";
const CLOCK_TOLERANCE_SECONDS = 5;

/** The audience keeps the two kinds apart: neither is good in the other's place. */
type Audience = "access" | "refresh";

export function createAccessTokens(publicKeys: Lazy<VerificationKeys>): AccessTokens {
  return {
    verify: async (token, nowMs) => {
      const payload = await verified({ token, audience: "access", nowMs }, publicKeys);
      return payload === undefined ? undefined : subjectOf(payload);
    },
  };
}

type Keys = { readonly publicKeys: Lazy<VerificationKeys>; readonly privateKey: Lazy<SigningKey> };

export function createTokens({ publicKeys, privateKey }: Keys): Tokens {
  return {
    issue: async ({ userId, sessionId, generation }, nowMs) => {
      const { kid, key } = await privateKey();
      const issuedAt = Math.floor(nowMs / 1000);
      const sign = (audience: Audience, seconds: number, claims: JWTPayload): Promise<string> =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: ALGORITHM, kid, typ: "JWT" })
          .setIssuer(ISSUER)
          .setAudience(audience)
          .setSubject(userId)
          .setIssuedAt(issuedAt)
          .setExpirationTime(issuedAt + seconds)
          .sign(key);
      const [accessToken, refreshToken] = await Promise.all([
        sign("access", ACCESS_SECONDS, { sid: sessionId }),
        sign("refresh", SESSION_SECONDS, { sid: sessionId, gen: String(generation) }),
      ]);
      return { accessToken, refreshToken, expiresIn: ACCESS_SECONDS };
    },
    verifyRefresh: async (token, nowMs) => {
      const payload = await verified({ token, audience: "refresh", nowMs }, publicKeys);
      if (payload === undefined || typeof payload.gen !== "string") return undefined;
      return { ...subjectOf(payload), generation: BigInt(payload.gen) };
    },
  };
}

type Presented = { readonly token: string; readonly audience: Audience; readonly nowMs: number };

/** The claims of a good token. A bad one is undefined, whatever is bad about it; a missing key of ours throws. */
async function verified(
  { token, audience, nowMs }: Presented,
  publicKeys: Lazy<VerificationKeys>,
): Promise<JWTPayload | undefined> {
  const keys = await publicKeys();
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience,
      currentDate: new Date(nowMs),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ["sub", "sid", "iat", "exp"],
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JOSEError) return undefined;
    throw cause;
  }
}

function subjectOf({ sub, sid }: JWTPayload): { userId: string; sessionId: string } {
  return { userId: String(sub), sessionId: String(sid) };
}
