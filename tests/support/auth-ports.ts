import { exportJWK, generateKeyPair, importJWK } from "jose";
import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { passwords } from "../../lib/adapters/passwords.ts";
import { createRandom } from "../../lib/adapters/random.ts";
import { createAccessTokens, createTokens } from "../../lib/adapters/tokens.ts";
import type { AccessTokens, AuthPorts } from "../../lib/auth/ports.ts";
import type { LogFields, Metrics, RequestLog } from "../../lib/ports/ports.ts";
import type { Store } from "../../lib/store/store.ts";
import { startTables } from "../../scripts/local/engines.ts";

export type LogLine = LogFields & { readonly event: string };

export type TestPorts = AuthPorts & {
  readonly log: RequestLog;
  readonly metrics: Metrics;
  readonly accessTokens: AccessTokens;
  readonly lines: LogLine[];
  /** Moves the clock on. */
  pass(ms: number): void;
  stop(): Promise<void>;
};

export const NOON = Date.UTC(2026, 10, 22, 12);

/** Real store, passwords and tokens; a clock that a test moves, and a log that it reads. */
export async function startTestPorts(): Promise<TestPorts> {
  const dynoxide = await startTables("test");
  process.env.AWS_REGION = dynoxide.region;
  process.env.AWS_ACCESS_KEY_ID = dynoxide.credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = dynoxide.credentials.secretAccessKey;
  const store = createDynamoStore({ tablePrefix: dynoxide.tablePrefix, endpoint: dynoxide.endpoint });
  return { ...(await testPortsOn(store)), stop: () => dynoxide.stop() };
}

export async function testPortsOn(store: Store): Promise<TestPorts> {
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const keys = { publicKey: async () => publicKey, privateKey: async () => privateKey };
  const lines: LogLine[] = [];
  let nowMs = NOON;
  const note = (event: string, fields?: LogFields): void => void lines.push({ ...fields, event });
  return {
    store,
    clock: { nowMs: () => nowMs, sleep: async () => {} },
    random: createRandom(),
    passwords,
    tokens: createTokens(keys),
    accessTokens: createAccessTokens(keys.publicKey),
    log: {
      info: note,
      warn: note,
      error: (event, cause, fields) => note(event, { ...fields, cause: String(cause) }),
      within: (run) => run(),
      add: () => {},
    },
    metrics: { add: () => {} },
    lines,
    pass: (ms) => {
      nowMs += ms;
    },
    stop: async () => {},
  };
}

/** A store for tests that must not touch one. */
export const NO_STORE = new Proxy({} as Store, {
  get: (_target, name) => () => {
    throw new Error(`the store's ${String(name)} was not to be called`);
  },
});

/** A key pair as the environment holds it. */
export async function jwkPair(): Promise<{ readonly publicJwk: string; readonly privateJwk: string }> {
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const publicJwk = JSON.stringify(await exportJWK(publicKey));
  const privateJwk = JSON.stringify(await exportJWK(privateKey));
  await importJWK(JSON.parse(publicJwk), "EdDSA");
  return { publicJwk, privateJwk };
}
