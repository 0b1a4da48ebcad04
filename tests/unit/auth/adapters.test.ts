import { Console } from "node:console";
import { Writable } from "node:stream";
import { Logger } from "@aws-lambda-powertools/logger";
import { decodeProtectedHeader, importJWK, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createLog } from "../../../lib/adapters/log.ts";
import { createMetrics } from "../../../lib/adapters/metrics.ts";
import { passwords } from "../../../lib/adapters/passwords.ts";
import { createRandom } from "../../../lib/adapters/random.ts";
import { kept, signingKey, verificationKeys } from "../../../lib/adapters/signing-key.ts";
import { createAccessTokens, createTokens } from "../../../lib/adapters/tokens.ts";
import { maskedEmail } from "../../../lib/auth/masked-email.ts";
import { newKeys } from "../../../scripts/local/keys.ts";
import { NOON, tokenKeys } from "../../support/auth-ports.ts";

const CLAIMS = { userId: "u", sessionId: "s", generation: 3n };

describe("tokens", () => {
  it("say who and which session, and the refresh token which generation", async () => {
    const pair = tokenKeys();
    const tokens = createTokens(pair);
    const { accessToken, refreshToken, expiresIn } = await tokens.issue(CLAIMS, NOON);
    expect(expiresIn).toBe(900);
    expect(await createAccessTokens(pair.publicKeys).verify(accessToken, NOON)).toEqual({
      userId: "u",
      sessionId: "s",
    });
    expect(await tokens.verifyRefresh(refreshToken, NOON)).toEqual(CLAIMS);
  });

  it("are good for a quarter of an hour, and 30 days; clocks may differ by seconds", async () => {
    const pair = tokenKeys();
    const tokens = createTokens(pair);
    const { verify } = createAccessTokens(pair.publicKeys);
    const { accessToken, refreshToken } = await tokens.issue(CLAIMS, NOON);
    expect(await verify(accessToken, NOON + 902_000)).toBeDefined();
    expect(await verify(accessToken, NOON + 906_000)).toBeUndefined();
    expect(await tokens.verifyRefresh(refreshToken, NOON + 29 * 86_400_000)).toBeDefined();
    expect(await tokens.verifyRefresh(refreshToken, NOON + 31 * 86_400_000)).toBeUndefined();
  });

  it("of another exchange, another kind or another algorithm > refused", async () => {
    const pair = tokenKeys();
    const { accessToken } = await createTokens(tokenKeys()).issue(CLAIMS, NOON);
    const { verify } = createAccessTokens(pair.publicKeys);
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
    const { verify } = createAccessTokens(verificationKeys({}));
    await expect(verify("x.y.z", NOON)).rejects.toThrow("JWT_PUBLIC_KEYS");
    await expect(signingKey({})()).rejects.toThrow("JWT_PRIVATE_KEY");
  });

  it("name the key that signed them, so that one key takes over from another without anybody being locked out", async () => {
    const [old, next] = [newKeys(), newKeys()];
    const before = tokenKeys(old);
    const during = tokenKeys(next, old);
    const after = tokenKeys(next);
    const { accessToken: early } = await createTokens(before).issue(CLAIMS, NOON);
    const { accessToken: late } = await createTokens(during).issue(CLAIMS, NOON);
    expect(decodeProtectedHeader(early).kid).toBe(JSON.parse(old.publicKey).kid);
    expect(decodeProtectedHeader(late).kid).toBe(JSON.parse(next.publicKey).kid);
    const isGood = async (token: string, { publicKeys }: typeof before) =>
      (await createAccessTokens(publicKeys).verify(token, NOON)) !== undefined;
    expect(await isGood(early, during)).toBe(true);
    expect(await isGood(late, during)).toBe(true);
    expect(await isGood(early, after)).toBe(false);
    expect(await isGood(late, before)).toBe(false);
  });

  it("that name no key, or one that did not sign them > refused, the first only where several could be meant", async () => {
    const [one, other] = [newKeys(), newKeys()];
    const sign = (kid: string | undefined) =>
      importJWK(JSON.parse(one.privateKey), "EdDSA").then((key) =>
        new SignJWT({ sid: "s" })
          .setProtectedHeader({ alg: "EdDSA", ...(kid === undefined ? {} : { kid }) })
          .setIssuer("cex-pilot")
          .setAudience("access")
          .setSubject("u")
          .setIssuedAt(NOON / 1000)
          .setExpirationTime(NOON / 1000 + 900)
          .sign(key),
      );
    const { verify } = createAccessTokens(tokenKeys(one, other).publicKeys);
    expect(await verify(await sign(JSON.parse(one.publicKey).kid), NOON)).toBeDefined();
    expect(await verify(await sign(JSON.parse(other.publicKey).kid), NOON)).toBeUndefined();
    expect(await verify(await sign("nobody's"), NOON)).toBeUndefined();
    expect(await verify(await sign(undefined), NOON)).toBeUndefined();
    expect(
      await createAccessTokens(tokenKeys(one).publicKeys).verify(await sign(undefined), NOON),
    ).toBeDefined();
  });

  it.each([
    ["a symmetric one", { kty: "oct", k: "c2VjcmV0", kid: "k" }],
    ["one without a name", { ...JSON.parse(newKeys().publicKey), kid: undefined }],
    ["a private one", JSON.parse(newKeys().privateKey)],
  ])("among the keys that verify, %s > a fault of ours", async (_, key) => {
    const keys = verificationKeys({ JWT_PUBLIC_KEYS: JSON.stringify({ keys: [key] }) });
    await expect(keys()).rejects.toThrow();
  });

  it("keys are read once, and again after a failure", async () => {
    const environment: { [name: string]: string } = {};
    const keys = verificationKeys(environment);
    await expect(keys()).rejects.toThrow();
    Object.assign(environment, tokenKeys().environment);
    const read = await keys();
    environment.JWT_PUBLIC_KEYS = "";
    expect(await keys()).toBe(read);
  });

  it("the key that signs is read again after a while, and stays where it cannot be", async () => {
    let [nowMs, source]: [number, string | undefined] = [0, "old"];
    const read = async (): Promise<string> => {
      if (source === undefined) throw new Error("away");
      return source;
    };
    const key = kept(read, 1000, () => nowMs);
    expect(await key()).toBe("old");
    source = "new";
    expect(await key()).toBe("old");
    nowMs = 1000;
    expect(await key()).toBe("new");
    [nowMs, source] = [2000, undefined];
    expect(await key()).toBe("new");
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
    const metrics = createMetrics(
      (of) =>
        ({
          addMetric: (name: string) => void calls.push(`${of?.market ?? "all"} ${name}`),
          publishStoredMetrics: () => void calls.push(`${of?.market ?? "all"} published`),
        }) as never,
    );
    metrics.add("A", "Count", 1);
    metrics.add("B", "Milliseconds", 2);
    metrics.add("B", "Milliseconds", 2, { market: "BTC-USDT" });
    await Promise.resolve();
    metrics.add("C", "Count", 1);
    await Promise.resolve();
    expect(calls).toEqual([
      "all A",
      "all B",
      "BTC-USDT B",
      "all published",
      "BTC-USDT published",
      "all C",
      "all published",
    ]);
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
