import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { gatherCrowd } from "../../scripts/demo/crowd.ts";
import { eventually, logIn, newTrader } from "../support/api.ts";
import { type Stack, startStack } from "../support/stack.ts";

const run = promisify(execFile);
const VERIFY = join(import.meta.dirname, "../../scripts/verify.ts");
let dataDir: string;
let stack: Stack | undefined;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "exchange-"));
});
afterAll(async () => {
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function verify(): Promise<string> {
  const env = { ...process.env, DATA_DIR: dataDir };
  const { stdout } = await run(process.execPath, [VERIFY], { env });
  return stdout;
}

it("kill -9 of the whole exchange in the middle of trading > loses nothing, and trading goes on", async () => {
  stack = await startStack({ dataDir });
  const { port } = stack;
  const options = {
    baseUrl: stack.url,
    seed: 4711,
    traders: 6,
    concurrency: 6,
    retryForMs: 30_000,
    run: "restart",
  };
  const crowd = await gatherCrowd(options);
  crowd.start();
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await stack.killAll();
  stack = undefined;

  expect(await verify()).toContain(": 0 differences");

  stack = await startStack({ port, dataDir });
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await crowd.stop();
  expect(crowd.tally.accepted).toBeGreaterThan(0);
  expect(await verify()).toContain(": 0 differences");

  const admin = await logIn(stack.url, stack.admin);
  const trader = await newTrader(stack.url, admin, { USDT: "1000" });
  const order = { market: "BTC-USDT", side: "buy", type: "limit", price: "1", quantity: "10" };
  const placed = await trader.call("POST", "/orders", order);
  const open = await eventually(
    () => trader.call("GET", `/orders/${placed.body.id}`),
    ({ body }) => body.status === "open",
    20_000,
  );
  expect(open.body.status).toBe("open");
}, 120_000);
