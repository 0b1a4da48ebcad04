import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDynamoStore } from "../../../../lib/adapters/dynamodb-store.ts";
import { authenticate } from "../../../../lib/auth/authenticate.ts";
import { login } from "../../../../lib/auth/login.ts";
import { register } from "../../../../lib/auth/register.ts";
import { PROJECT_ROOT } from "../../../../scripts/local/configuration.ts";
import { type Dynoxide, startTables } from "../../../../scripts/local/engines.ts";
import { type TestPorts, testPortsOn } from "../../../support/auth-ports.ts";

const ADDRESS = "boss@example.com";
const CLIENT = { ip: "192.0.2.7", userAgent: "Firefox" };

let dynoxide: Dynoxide;
let ports: TestPorts;

beforeAll(async () => {
  dynoxide = await startTables("test");
  process.env.AWS_REGION = dynoxide.region;
  process.env.AWS_ACCESS_KEY_ID = dynoxide.credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = dynoxide.credentials.secretAccessKey;
  ports = await testPortsOn(
    createDynamoStore({ tablePrefix: dynoxide.tablePrefix, endpoint: dynoxide.endpoint }),
  );
});
afterAll(() => dynoxide.stop());

const makeAdmin = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["scripts/make-admin.ts", "test", ...args], {
    cwd: PROJECT_ROOT,
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: dynoxide.endpoint,
      ADMIN_EMAIL: ADDRESS,
      ADMIN_PASSWORD: "the boss's own password",
    },
  });

it("make-admin, where a stranger was faster > refuses; with --promote it takes the account and puts the stranger out", async () => {
  const stranger = { email: ADDRESS, password: "the stranger's password", client: CLIENT };
  await register(stranger, ports);
  const held = await login(stranger, ports);
  if (!held.ok) throw new Error(held.refusal.code);
  await expect(makeAdmin()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/somebody else may have opened.*Nothing was changed.*--promote/),
  });
  expect((await authenticate(held.value.accessToken, ports)).ok).toBe(true);
  expect((await makeAdmin("--promote")).stdout).toContain(`${ADDRESS} is an administrator of test in`);
  expect(await authenticate(held.value.accessToken, ports)).toMatchObject({
    refusal: { code: "UNAUTHORIZED" },
  });
  expect(await login(stranger, ports)).toMatchObject({ refusal: { code: "INVALID_CREDENTIALS" } });
  const boss = await login({ ...stranger, password: "the boss's own password" }, ports);
  expect(boss).toMatchObject({ value: { user: { role: "admin" } } });
  expect((await makeAdmin()).stdout).toContain("is an administrator");
  if (boss.ok) expect((await authenticate(boss.value.accessToken, ports)).ok).toBe(true);
}, 60_000);
