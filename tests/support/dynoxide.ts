import { fork } from "node:child_process";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { loadConfiguration } from "../../scripts/local/configuration.ts";
import { createTables } from "../../scripts/local/provision.ts";
import { dynoxidePath } from "../../scripts/local/stack-children.ts";

/** A DynamoDB engine in memory, with the tables of resources/tables.yml, for one test file. */
export type Dynoxide = {
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly tablePrefix: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
};

const GUARD = fileURLToPath(new URL("../../scripts/local/guard.ts", import.meta.url));
const REGION = "eu-central-1";

export async function startDynoxide(stage = "test"): Promise<Dynoxide> {
  const program = dynoxidePath();
  if (program === undefined) throw new Error("these tests need @dynoxide/linux-x64, an optional dependency");
  const port = await freePort();
  const child = fork(GUARD, [program, "--host", "127.0.0.1", "--port", String(port)], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await Promise.race([
    untilAnswered(port),
    ended.then(() => Promise.reject(new Error("dynoxide ended at once"))),
  ]);
  const configuration = loadConfiguration(stage);
  const endpoint = `http://127.0.0.1:${port}`;
  await createTables(configuration, { endpoint, region: REGION });
  return {
    endpoint,
    port,
    region: REGION,
    tablePrefix: configuration.prefix,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}

async function untilAnswered(port: number): Promise<void> {
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 10));
}

export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
