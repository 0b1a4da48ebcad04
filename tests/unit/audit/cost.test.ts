import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoStore } from "../../../lib/adapters/dynamodb-store.ts";
import { login } from "../../../lib/auth/login.ts";
import { register } from "../../../lib/auth/register.ts";
import { creditDeposit } from "../../../lib/wallet/credit-deposit.ts";
import { type Dynoxide, startTables } from "../../../scripts/local/engines.ts";
import { InProcessExchange } from "../../simulation/in-process-exchange.ts";
import { type TestPorts, testPortsOn } from "../../support/auth-ports.ts";

const CLIENT = { ip: "192.0.2.7", userAgent: "Firefox" };
const CREDENTIALS = { email: "alice@example.com", password: "correct horse battery", client: CLIENT };

let dynoxide: Dynoxide;
let ports: TestPorts;
let written = new Map<string, number>();

beforeAll(async () => {
  dynoxide = await startTables("test");
  process.env.AWS_REGION = dynoxide.region;
  process.env.AWS_ACCESS_KEY_ID = dynoxide.credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = dynoxide.credentials.secretAccessKey;
  const { tablePrefix, endpoint } = dynoxide;
  const meter: Parameters<typeof createDynamoStore>[0]["meter"] = ({ operation, capacity }) => {
    if (!/Put|Update|Delete|Transact/.test(operation)) return;
    for (const { TableName = "", CapacityUnits = 0 } of capacity) {
      const table = TableName.slice(tablePrefix.length + 1);
      written.set(table, (written.get(table) ?? 0) + CapacityUnits);
    }
  };
  ports = await testPortsOn(createDynamoStore({ tablePrefix, endpoint, meter }));
});
afterAll(() => dynoxide.stop());

async function unitsOf(run: () => Promise<unknown>): Promise<{ [table: string]: number }> {
  written = new Map();
  await run();
  return Object.fromEntries(written);
}

describe("what records cost in write units, on an engine that counts them as DynamoDB does", () => {
  it("a deposit: three items of money and a counter, and one record in three indexes", async () => {
    const opened = await register(CREDENTIALS, ports);
    if (!opened.ok) throw new Error(opened.refusal.code);
    const exchange = new InProcessExchange(ports.store);
    const terms = { asset: "BTC", amount: "1", reference: "tx-1", actor: "ADMIN", requestId: "r" };
    const deposit = { ...terms, userId: opened.value.id };
    expect(await unitsOf(() => creditDeposit(deposit, exchange))).toEqual({ wallets: 8, audit: 5 });
  });

  it("a login: session and record; a failed one: its record, and nothing from the eleventh a minute on", async () => {
    expect(await unitsOf(() => login(CREDENTIALS, ports))).toEqual({ users: 5 });
    const guess = () => login({ ...CREDENTIALS, password: "wrong" }, ports);
    expect(await unitsOf(guess)).toEqual({ users: 1 });
    for (let count = 0; count < 8; count++) await guess();
    expect(await unitsOf(guess)).toEqual({});
    expect(await unitsOf(() => login({ ...CREDENTIALS, email: "nobody@example.com" }, ports))).toEqual({
      users: 1,
    });
  });
});
