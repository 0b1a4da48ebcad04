import { Console } from "node:console";
import { Writable } from "node:stream";
import { Logger } from "@aws-lambda-powertools/logger";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createLog } from "../../../lib/adapters/log.ts";
import { createMetrics } from "../../../lib/adapters/metrics.ts";
import { passwords } from "../../../lib/adapters/passwords.ts";
import { createRandom } from "../../../lib/adapters/random.ts";
import { signingKey, verificationKey } from "../../../lib/adapters/signing-key.ts";
import { createAccessTokens, createTokens } from "../../../lib/adapters/tokens.ts";
import { maskedEmail } from "../../../lib/auth/masked-email.ts";
import { jwkPair, NOON } from "../../support/auth-ports.ts";

const CLAIMS = { userId: "u", sessionId: "s", generation: 3n };

async function keys() {
  const { publicJwk, privateJwk } = await jwkPair();
  return {
    publicKey: verificationKey({ JWT_PUBLIC_KEY: publicJwk }),
    privateKey: signingKey({ JWT_PRIVATE_KEY: privateJwk }),
  };
}

describe("tokens", () => {
  it("say who and which session, and the refresh token which generation", async () => {
    const pair = await keys();
    const tokens = createTokens(pair);
    const { accessToken, refreshToken, expiresIn } = await tokens.issue(CLAIMS, NOON);
    expect(expiresIn).toBe(900);
    expect(await createAccessTokens(pair.publicKey).verify(accessToken, NOON)).toEqual({
      userId: "u",
      sessionId: "s",
    });
    expect(await tokens.verifyRefresh(refreshToken, NOON)).toEqual(CLAIMS);
  });

  it("are good for a quarter of an hour, and 30 days; clocks may differ by seconds", async () => {
    const pair = await keys();
    const tokens = createTokens(pair);
    const { verify } = createAccessTokens(pair.publicKey);
    const { accessToken, refreshToken } = await tokens.issue(CLAIMS, NOON);
    expect(await verify(accessToken, NOON + 902_000)).toBeDefined();
    expect(await verify(accessToken, NOON + 906_000)).toBeUndefined();
    expect(await tokens.verifyRefresh(refreshToken, NOON + 29 * 86_400_000)).toBeDefined();
    expect(await tokens.verifyRefresh(refreshToken, NOON + 31 * 86_400_000)).toBeUndefined();
  });

  it("of another exchange, another kind or another algorithm > refused", async () => {
    const pair = await keys();
    const { accessToken } = await createTokens(await keys()).issue(CLAIMS, NOON);
    const { verify } = createAccessTokens(pair.publicKey);
    expect(await verify(accessToken, NOON)).toBeUndefined();
    const own = await createTokens(pair).issue(CLAIMS, NOON);
    expect(await verify(own.refreshToken, NOON)).toBeUndefined();
    const shared = await new SignJWT({ sid: "s" })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("cex-pilot")
      .setAudience("access")
      .setSubject("u")
      .setIssuedAt(NOON / 1000)
      .setExpirationTime(NOON / 1000 + 900)
      .sign(new TextEncoder().encode("a shared secret of thirty-two bytes"));
    expect(await verify(shared, NOON)).toBeUndefined();
  });

  it("a key that is missing > a fault of ours, not a bad token", async () => {
    const { verify } = createAccessTokens(verificationKey({}));
    await expect(verify("x.y.z", NOON)).rejects.toThrow("JWT_PUBLIC_KEY");
    await expect(signingKey({})()).rejects.toThrow("JWT_PRIVATE_KEY");
  });

  it("a key that is symmetric > refused", async () => {
    const jwk = JSON.stringify({ kty: "oct", k: "c2VjcmV0" });
    await expect(verificationKey({ JWT_PUBLIC_KEY: jwk })()).rejects.toThrow();
  });

  it("a key is read once, and again after a failure", async () => {
    const { publicKey } = await generateKeyPair("EdDSA", { extractable: true });
    const environment: { [name: string]: string } = {};
    const key = verificationKey(environment);
    await expect(key()).rejects.toThrow();
    environment.JWT_PUBLIC_KEY = JSON.stringify(await exportJWK(publicKey));
    const read = await key();
    environment.JWT_PUBLIC_KEY = "";
    expect(await key()).toBe(read);
  });
});

describe("passwords", () => {
  it("match their hash, which says how it was made and differs each time", async () => {
    const hash = await passwords.hash("correct horse battery");
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await passwords.hash("correct horse battery")).not.toBe(hash);
    expect(await passwords.check("correct horse battery", hash)).toEqual({ matches: true, outdated: false });
    expect(await passwords.check("correct horse batterz", hash)).toEqual({ matches: false, outdated: false });
  });

  it("written on another keyboard > match all the same", async () => {
    const hash = await passwords.hash("caf\u00e9 caf\u00e9 caf\u00e9");
    expect((await passwords.check("cafe\u0301 cafe\u0301 cafe\u0301", hash)).matches).toBe(true);
  });

  it("of an account that is not there > match nothing, and take as long", async () => {
    const hash = await passwords.hash("x");
    const timed = async (stored: string | undefined) => {
      const start = performance.now();
      for (let i = 0; i < 5; i++) expect((await passwords.check("wrong", stored)).matches).toBe(false);
      return performance.now() - start;
    };
    const [known, unknown] = [await timed(hash), await timed(undefined)];
    expect(unknown / known).toBeGreaterThan(0.2);
    expect(unknown / known).toBeLessThan(5);
  });

  it("a stored text that is no hash > a fault", async () => {
    await expect(passwords.check("x", "plain text")).rejects.toThrow("PHC");
  });
});

describe("the log", () => {
  function recording() {
    const lines: Record<string, unknown>[] = [];
    const stream = new Writable({
      write: (chunk, _encoding, next) => {
        lines.push(
          ...String(chunk)
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>),
        );
        next();
      },
    });
    const logger = new Logger({ serviceName: "test", logLevel: "INFO" });
    (logger as unknown as { console: Console }).console = new Console(stream, stream);
    return { log: createLog(logger), lines };
  }

  it("lines carry their event and fields", () => {
    const { log, lines } = recording();
    log.info("user_login", { userId: "u" });
    log.warn("failed_login_attempt");
    expect(lines).toMatchObject([
      { level: "INFO", message: "user_login", event: "user_login", userId: "u", service: "test" },
      { level: "WARN", event: "failed_login_attempt" },
    ]);
  });

  it("requests that run at once keep their fields apart, also after awaiting", async () => {
    const { log, lines } = recording();
    const request = (requestId: string, ms: number) =>
      log.within(async () => {
        log.add({ requestId });
        await new Promise((resolve) => setTimeout(resolve, ms));
        log.info("done", { ms });
      });
    await Promise.all([request("a", 10), request("b", 1)]);
    expect(lines).toMatchObject([
      { requestId: "b", ms: 1 },
      { requestId: "a", ms: 10 },
    ]);
    log.add({ requestId: "nobody's" });
    log.info("outside");
    expect(lines[2]).not.toHaveProperty("requestId");
  });

  it("errors come with their stack, whatever was thrown", () => {
    const { log, lines } = recording();
    log.error("internal_error", new TypeError("broken"), { route: "x" });
    log.error("internal_error", "a text");
    expect(lines).toMatchObject([
      {
        level: "ERROR",
        route: "x",
        error: { name: "TypeError", message: "broken", stack: expect.anything() },
      },
      { error: { message: "a text" } },
    ]);
  });
});

describe("metrics", () => {
  it("added in one go > written together, before control is given away", async () => {
    const calls: string[] = [];
    const metrics = createMetrics({
      addMetric: (name: string) => void calls.push(name),
      publishStoredMetrics: () => void calls.push("publish"),
    } as never);
    metrics.add("A", "Count", 1);
    metrics.add("B", "Milliseconds", 2);
    await Promise.resolve();
    metrics.add("C", "Count", 1);
    await Promise.resolve();
    expect(calls).toEqual(["A", "B", "publish", "C", "publish"]);
  });
});

describe("ids and addresses", () => {
  it("ids of one process rise, also within a millisecond and when the clock goes back", () => {
    const { id, fraction } = createRandom();
    const drawn = [NOON, NOON, NOON, NOON - 5000, NOON + 1].map(id);
    expect([...drawn].sort()).toEqual(drawn);
    expect(fraction()).toBeLessThan(1);
  });

  it.each([
    ["alice@example.com", "a***@example.com"],
    ["@example.com", "***"],
    ["nonsense", "***"],
  ])("%s is logged as %s", (email, masked) => {
    expect(maskedEmail(email)).toBe(masked);
  });
});
