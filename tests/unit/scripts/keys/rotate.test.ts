import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signingKey, verificationKeys } from "../../../../lib/adapters/signing-key.ts";
import { createAccessTokens, createTokens } from "../../../../lib/adapters/tokens.ts";
import { rotate } from "../../../../scripts/keys/rotate.ts";
import { parametersOf } from "../../../../scripts/keys/stage-keys.ts";
import { loadConfiguration, PROJECT_ROOT } from "../../../../scripts/local/configuration.ts";
import { keySetOf, newKeys } from "../../../../scripts/local/keys.ts";
import { startFakeAws } from "./fake-aws.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const configuration = loadConfiguration("dev");
const names = parametersOf(configuration);
const verifying = Object.values(configuration.functions)
  .filter(({ environment }) => "JWT_PUBLIC_KEYS" in environment)
  .map(({ name }) => name);

let nowMs: number;
let fake: Awaited<ReturnType<typeof startFakeAws>>;
let said: string[];

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 24);
  said = [];
  fake = await startFakeAws(() => nowMs);
  const first = newKeys();
  fake.put(names.published, keySetOf([first.publicKey]));
  fake.put(names.signing, first.privateKey);
  deploy();
});
afterEach(() => fake.stop());

function deploy(functions = verifying): void {
  fake.deploy(functions, fake.valueOf(names.published) ?? "");
}

function run(dropNow = false) {
  const say = (line: string) => void said.push(line);
  return rotate({ configuration, region: "eu-west-1", aws: fake.aws, nowMs: () => nowMs, say, dropNow });
}

/** Signs as functions do that read the key now, and checks with what functions were given when they were deployed. */
async function pairNow() {
  const privateKey = signingKey({ JWT_PRIVATE_KEY: fake.valueOf(names.signing) ?? "" });
  const tokens = createTokens({ publicKeys: verificationKeys({}), privateKey });
  return tokens.issue({ userId: "u", sessionId: "s", generation: 1n }, nowMs);
}

async function isGood(token: string, keys = fake.valueOf(names.published) ?? ""): Promise<boolean> {
  const access = createAccessTokens(verificationKeys({ JWT_PUBLIC_KEYS: keys }));
  return (await access.verify(token, nowMs)) !== undefined;
}

async function isRefreshGood(token: string): Promise<boolean> {
  const publicKeys = verificationKeys({ JWT_PUBLIC_KEYS: fake.valueOf(names.published) ?? "" });
  const tokens = createTokens({ publicKeys, privateKey: signingKey({}) });
  return (await tokens.verifyRefresh(token, nowMs)) !== undefined;
}

const kidOf = (text: string | undefined): string => JSON.parse(text ?? "{}").kid;
const published = () =>
  (JSON.parse(fake.valueOf(names.published) ?? "") as { keys: { kid: string; d?: string }[] }).keys;

describe("rotate-keys", () => {
  it("goes from one key to the next, and at no step is a token refused that was good", async () => {
    const old = kidOf(fake.valueOf(names.signing));
    const early = await pairNow();
    const deployedBefore = fake.valueOf(names.published);

    expect(await run()).toBe("deploy");
    expect(published().map(({ kid }) => kid)).toEqual([old, kidOf(fake.valueOf(names.next))]);
    expect(kidOf(fake.valueOf(names.signing))).toBe(old);
    expect(await isGood((await pairNow()).accessToken, deployedBefore)).toBe(true);

    deploy();
    expect(await run()).toBe("wait");
    const signing = kidOf(fake.valueOf(names.signing));
    expect(signing).not.toBe(old);
    expect(fake.valueOf(names.next)).toBeUndefined();
    expect(await isGood(early.accessToken)).toBe(true);
    const late = await pairNow();
    expect(await isGood(late.accessToken)).toBe(true);

    nowMs += 29 * DAY_MS;
    expect(await run()).toBe("wait");
    expect(await isRefreshGood(early.refreshToken)).toBe(true);

    nowMs += 3 * DAY_MS;
    expect(await run()).toBe("deploy");
    expect(published().map(({ kid }) => kid)).toEqual([signing]);
    expect(await isGood((await pairNow()).accessToken)).toBe(true);
  });

  it("does nothing twice: a run before its turn changes nothing and says what comes next", async () => {
    expect(await run()).toBe("deploy");
    const changes = fake.calls.length;
    said = [];
    expect(await run()).toBe("deploy");
    expect(said.join("\n")).toContain("npm run deploy -- --stage dev --region eu-west-1 --force");
    deploy();
    expect(await run()).toBe("wait");
    expect(fake.calls.length).toBe(changes + 1);
    said = [];
    expect(await run()).toBe("wait");
    expect(said.join("\n")).toContain("2026-12-25");
    expect(fake.calls.length).toBe(changes + 1);
  });

  it("does not sign with a key that a single function does not know yet", async () => {
    const old = kidOf(fake.valueOf(names.signing));
    await run();
    deploy(verifying.slice(1));
    expect(await run()).toBe("deploy");
    expect(said.at(-1)).toContain(verifying[0]);
    expect(kidOf(fake.valueOf(names.signing))).toBe(old);
  });

  it("publishes public halves only", async () => {
    await run();
    expect(published().filter(({ d }) => d !== undefined)).toEqual([]);
  });

  it.each([0, 1, 2, 3])("broken off after %i changes > goes on where it was", async (changes) => {
    const settle = async (): Promise<void> => {
      await run();
      deploy();
      await run();
    };
    fake.breakAfter(changes);
    await expect(settle()).rejects.toThrow("ended here");
    const signing = kidOf(fake.valueOf(names.signing));
    expect(published().map(({ kid }) => kid)).toContain(signing);
    fake.breakAfter(Number.POSITIVE_INFINITY);
    deploy();
    await settle();
    expect(published()).toHaveLength(2);
    expect(fake.valueOf(names.next)).toBeUndefined();
    expect(kidOf(fake.valueOf(names.signing))).toBe(published()[1]?.kid);
  });

  it("two who begin at once > one new key", async () => {
    await Promise.all([run(), run()]);
    expect(published()).toHaveLength(2);
    expect(published()[1]?.kid).toBe(kidOf(fake.valueOf(names.next)));
  });

  it("a key that may be stolen > is dropped without waiting, where that is asked for", async () => {
    await run();
    deploy();
    await run();
    expect(await run(true)).toBe("deploy");
    expect(published()).toHaveLength(1);
  });

  it("a stage without keys, or whose key is not published > says so and changes nothing", async () => {
    fake.put(names.published, keySetOf([newKeys().publicKey]));
    await expect(run()).rejects.toThrow("not among the published");
    const empty = await startFakeAws(() => nowMs);
    const say = () => {};
    const rotating = rotate({
      configuration,
      region: "eu-west-1",
      aws: empty.aws,
      nowMs: () => nowMs,
      say,
      dropNow: false,
    });
    await expect(rotating).rejects.toThrow("make-keys");
    empty.stop();
  });

  it("as a command says where it works and what comes next", async () => {
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL: fake.endpoint,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
    const command = (...args: string[]) =>
      promisify(execFile)(process.execPath, ["scripts/rotate-keys.ts", ...args], { cwd: PROJECT_ROOT, env });
    const { stdout } = await command("dev");
    expect(stdout).toContain("cex-pilot-dev in eu-west-1");
    expect(stdout).toContain("npm run deploy");
    expect((await command("--help")).stdout).toContain("--drop-now");
    await expect(command()).rejects.toMatchObject({ code: 2 });
  }, 30_000);
});
