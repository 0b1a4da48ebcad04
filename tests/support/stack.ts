import { type Stack as Launched, launchStack as launch } from "../../scripts/exchange/stack.ts";
import { isTaken } from "../../scripts/local/ports.ts";
import { portsFrom } from "../../scripts/local/settings.ts";

type Env = { readonly [variable: string]: string };

const ADMIN = { email: "admin@example.com", password: "local-admin-password-1" };
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 25_000;

export type Stack = Launched & {
  readonly admin: typeof ADMIN;
  /** Ends it as Ctrl-C does, and removes its logs and bundles; gives the exit code. */
  stop(): Promise<number | null>;
};

/** Starts one with nothing of this process's own settings, and waits for nothing. */
export function launchStack(env: Env): Stack {
  const { DYNAMODB_ENDPOINT: _endpoint, DATA_DIR: _dataDir, PORT: _port, ...inherited } = process.env;
  const stack = launch({ ...inherited, ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password, ...env });
  const stop = async (): Promise<number | null> => {
    const code = await stack.end();
    stack.clearAway();
    return code;
  };
  return Object.assign(stack, { admin: ADMIN, stop });
}

type Place = { readonly port?: number; readonly dataDir?: string; readonly env?: Env };

export async function startStack({ port, dataDir, env = {} }: Place = {}): Promise<Stack> {
  const stack = launchStack({
    ...env,
    PORT: String(port ?? (await freeStackPort())),
    ...(dataDir === undefined ? {} : { DATA_DIR: dataDir }),
  });
  if (await stack.isReady) return stack;
  await stack.end();
  throw new Error(`the stack did not start:\n${stack.output()}`);
}

/** Runs `npm start` where it is expected to refuse; gives what it said and its exit code. */
export async function refusedStack(
  env: Env,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const { ended, output } = launchStack(env);
  return { code: await ended, output: output() };
}

/** A port whose companions are free too. */
export async function freeStackPort(): Promise<number> {
  for (;;) {
    const http = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    const taken = await Promise.all(Object.values(portsFrom(http)).map(isTaken));
    if (!taken.includes(true)) return http;
  }
}
