import * as z from "zod/mini";
import { route } from "./route.ts";
import { accountStatus, cursor, email, id, limit, listOf, role, time } from "./shapes.ts";

const PASSWORD_MIN = 10;
const PASSWORD_MAX = 128;
const PASSWORD_MAX_BYTES = 256;

/** Lengths are counted in code points, since that is what a person would count; bytes are bounded since hashing costs. */
export const newPassword = z.string().check(
  z.refine((text) => text.isWellFormed(), "must be well-formed text"),
  z.refine((text) => [...text].length >= PASSWORD_MIN, `must have at least ${PASSWORD_MIN} characters`),
  z.refine(
    (text) => [...text].length <= PASSWORD_MAX && Buffer.byteLength(text) <= PASSWORD_MAX_BYTES,
    `must have at most ${PASSWORD_MAX} characters`,
  ),
  z.meta({
    description: "10 to 128 characters, at most 256 bytes of UTF-8.",
    format: "password",
    minLength: PASSWORD_MIN,
    maxLength: PASSWORD_MAX,
    examples: ["correct horse battery"],
  }),
);

/** A password to compare: one that could never have been set is simply wrong, so only its size is bounded. */
const presentedPassword = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(1024),
    z.meta({ format: "password", examples: ["correct horse battery"] }),
  );

export const user = z
  .strictObject({ id, email: z.string(), role, status: accountStatus, createdAt: time })
  .check(z.meta({ id: "User" }));

export const tokenPair = z
  .strictObject({
    accessToken: z.string().check(z.meta({ description: "Goes into the Authorization header." })),
    refreshToken: z.string().check(z.meta({ description: "Gives the next pair, once." })),
    tokenType: z.literal("Bearer"),
    expiresIn: z
      .int()
      .check(z.meta({ description: "Seconds until the access token expires.", examples: [900] })),
    user,
  })
  .check(z.meta({ id: "TokenPair" }));

export const session = z
  .strictObject({
    id,
    device: z.string().check(z.meta({ description: "The user agent at sign-in." })),
    ip: z.string(),
    createdAt: time,
    lastSeenAt: time.check(z.meta({ description: "The last sign-in or refresh." })),
    current: z.boolean().check(z.meta({ description: "Whether this very call belongs to it." })),
  })
  .check(z.meta({ id: "Session" }));

export const register = route({
  id: "register",
  method: "POST",
  path: "/api/auth/register",
  auth: "none",
  summary: "Open an account",
  body: z.strictObject({ email, password: newPassword }),
  answers: { 201: user },
  refusals: ["EMAIL_TAKEN"],
});

export const login = route({
  id: "login",
  method: "POST",
  path: "/api/auth/login",
  auth: "none",
  summary: "Sign in",
  description: "Starts a session. An unknown address and a wrong password are answered alike.",
  body: z.strictObject({
    email,
    password: presentedPassword,
    totp: z
      .exactOptional(z.string().check(z.minLength(6), z.maxLength(32)))
      .check(
        z.meta({ description: "The code of a second factor; not looked at while the account has none." }),
      ),
  }),
  answers: { 200: tokenPair },
  refusals: ["INVALID_CREDENTIALS", "ACCOUNT_FROZEN"],
});

export const refresh = route({
  id: "refresh",
  method: "POST",
  path: "/api/auth/refresh",
  auth: "none",
  summary: "Exchange a refresh token for a new pair",
  description:
    "A refresh token works once. The one before is answered again within 10 seconds, since an answer may be lost; " +
    "after that its use ends the whole session.",
  body: z.strictObject({ refreshToken: z.string().check(z.minLength(1), z.maxLength(4096)) }),
  answers: { 200: tokenPair },
  refusals: ["UNAUTHORIZED", "TOKEN_REUSED", "ACCOUNT_FROZEN"],
});

export const logout = route({
  id: "logout",
  method: "POST",
  path: "/api/auth/logout",
  auth: "user",
  summary: "End the present session",
  answers: { 204: null },
  refusals: [],
  idempotency: "record",
});

export const me = route({
  id: "me",
  method: "GET",
  path: "/api/auth/me",
  auth: "user",
  summary: "The signed-in user",
  answers: { 200: user },
  refusals: [],
});

export const listSessions = route({
  id: "listSessions",
  method: "GET",
  path: "/api/auth/sessions",
  auth: "user",
  summary: "Own sessions, newest first",
  description: "An account has at most 20; a login beyond that ends the oldest.",
  query: z.strictObject({ limit, cursor }),
  answers: { 200: listOf(session) },
  refusals: [],
});

export const endSession = route({
  id: "endSession",
  method: "DELETE",
  path: "/api/auth/sessions/{id}",
  auth: "user",
  summary: "End one of the own sessions",
  params: z.strictObject({ id }),
  answers: { 204: null },
  refusals: [],
  idempotency: "record",
  notFound: "Session not found",
});
