import { createDynamoStore } from "../../lib/adapters/dynamodb-store.ts";
import { passwords } from "../../lib/adapters/passwords.ts";
import { createRandom } from "../../lib/adapters/random.ts";
import { signingKey, verificationKeys } from "../../lib/adapters/signing-key.ts";
import { createAccessTokens, createTokens } from "../../lib/adapters/tokens.ts";
import type { AccessTokens, AuthPorts } from "../../lib/auth/ports.ts";
import type { LogFields, Metrics, RequestLog } from "../../lib/ports/ports.ts";
import type { Store } from "../../lib/store/store.ts";
import { startTables } from "../../scripts/local/engines.ts";
import { keySetOf, newKeys, type SigningKeys } from "../../scripts/local/keys.ts";

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
  const keys = tokenKeys();
  const lines: LogLine[] = [];
  let nowMs = NOON;
  const note = (event: string, fields?: LogFields): void => void lines.push({ ...fields, event });
  return {
    store,
    clock: { nowMs: () => nowMs, sleep: async () => {} },
    random: createRandom(),
    passwords,
    tokens: createTokens(keys),
    accessTokens: createAccessTokens(keys.publicKeys),
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

/** What signs and verifies tokens, of one pair; several pairs verify where the signing one changes. */
export function tokenKeys(signing: SigningKeys = newKeys(), ...verifying: readonly SigningKeys[]) {
  const environment = {
    JWT_PUBLIC_KEYS: keySetOf([signing, ...verifying].map(({ publicKey }) => publicKey)),
    JWT_PRIVATE_KEY: signing.privateKey,
  };
  return {
    environment,
    publicKeys: verificationKeys(environment),
    privateKey: signingKey(environment),
  };
}
