import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { commandLineOf, isTaken } from "../../scripts/local/ports.ts";
import { readRecord, recordPath } from "../../scripts/local/record.ts";
import { portsFrom, workDirOf } from "../../scripts/local/settings.ts";
import { freeStackPort, launchStack, refusedStack, type Stack, startStack } from "../support/stack.ts";

const START_MS = 60_000;
const AGAIN_MS = 20_000;

let dataDir: string;
let stack: Stack | undefined;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "stack-"));
});
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

async function login({
  url,
  admin,
}: Stack): Promise<{ readonly status: number; readonly accessToken: string }> {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(admin),
  });
  const { accessToken } = (await answer.json()) as { accessToken: string };
  return { status: answer.status, accessToken };
}

async function statusOf(path: string, { url }: Stack, accessToken = ""): Promise<number> {
  try {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${accessToken}` } });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

async function takenPorts(http: number): Promise<readonly number[]> {
  const ports = Object.values(portsFrom(http));
  const taken = await Promise.all(ports.map(isTaken));
  return ports.filter((_, index) => taken[index]);
}

function alive(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => commandLineOf(pid) !== undefined);
}

function pidsOf(running: Stack): readonly number[] {
  return Object.values(running.record().children).map(({ pid }) => pid);
}

describe("npm start > the stack", () => {
  it(
    "is ready in seconds, lets its admin in, says where everything is, and leaves nothing behind",
    async () => {
      stack = await startStack();
      expect(await statusOf("/api/markets", stack)).toBe(200);
      expect((await login(stack)).status).toBe(200);
      for (const said of [stack.url, "admin@example.com", "in memory", "npm run demo"])
        expect(stack.output()).toContain(said);

      const { port } = stack;
      const pids = pidsOf(stack);
      expect(pids).toHaveLength(6);
      expect(await stack.stop()).toBe(0);
      stack = undefined;
      expect(alive(pids)).toEqual([]);
      expect(await takenPorts(port)).toEqual([]);
      expect(readRecord(recordPath(port))).toBeUndefined();
    },
    START_MS,
  );

  it(
    "keeps everything in DATA_DIR when all of it is killed, and nothing outlives its supervisor",
    async () => {
      const first = await startStack({ dataDir });
      const { accessToken } = await login(first);
      const pids = pidsOf(first);
      const keys = readFileSync(join(dataDir, "keys.json"), "utf8");
      expect(statSync(join(dataDir, "keys.json")).mode & 0o777).toBe(0o600);
      await first.kill();
      await expect.poll(() => alive(pids), { timeout: AGAIN_MS }).toEqual([]);

      stack = await startStack({ dataDir, port: first.port });
      expect(stack.output()).toContain("0 tables created");
      expect(stack.output()).toContain("0 queues created");
      expect(readFileSync(join(dataDir, "keys.json"), "utf8")).toBe(keys);
      expect(await statusOf("/api/auth/me", stack, accessToken)).toBe(200);
    },
    START_MS,
  );

  it(
    "leaves no temporary files behind, and after kill -9 the next start clears them away",
    async () => {
      const temporary = mkdtempSync(join(tmpdir(), "stack-"));
      try {
        const env = { TMPDIR: temporary };
        const killed = await startStack({ env });
        expect(await statusOf("/api/auth/me", killed)).toBe(401);
        const ofChildren = join(workDirOf(killed.port), "tmp");
        await killed.kill();
        writeFileSync(join(ofChildren, "left-by-a-child"), "");

        stack = await startStack({ env, port: killed.port });
        expect(existsSync(join(ofChildren, "left-by-a-child"))).toBe(false);
        await stack.end();
        expect(existsSync(ofChildren)).toBe(false);
        expect(readdirSync(temporary)).toEqual([]);
      } finally {
        rmSync(temporary, { recursive: true });
      }
    },
    START_MS,
  );

  it(
    "starts a part again that was killed",
    async () => {
      stack = await startStack({ dataDir });
      const { accessToken } = await login(stack);
      for (const name of ["dynamodb (guarded)", "dynamodb", "sqs", "workers", "event-sources", "api"]) {
        const pid = stack.record().children[name]?.pid ?? 0;
        process.kill(pid, "SIGKILL");
        await expect
          .poll(() => stack?.record().children[name]?.pid ?? pid, { timeout: AGAIN_MS })
          .not.toBe(pid);
        const running = stack;
        await expect
          .poll(() => statusOf("/api/auth/me", running, accessToken), { timeout: AGAIN_MS })
          .toBe(200);
      }
      expect(stack.output()).toContain("api ended (SIGKILL); starting it again");
    },
    START_MS,
  );

  it(
    "gives up with a clear word when state in memory is lost",
    async () => {
      const doomed = await startStack();
      const pids = pidsOf(doomed);
      process.kill(doomed.record().children["dynamodb (guarded)"]?.pid ?? 0, "SIGKILL");
      await expect.poll(() => alive([doomed.pid]), { timeout: AGAIN_MS }).toEqual([]);
      expect(doomed.output()).toContain("all state, which was in memory. DATA_DIR keeps it");
      expect(alive(pids)).toEqual([]);
    },
    START_MS,
  );
});

describe("npm start > refuses with a word on what to do", () => {
  it("when a port is taken, and says which, by whom and how to choose another", async () => {
    const port = await freeStackPort();
    const { sqs } = portsFrom(port);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(sqs, "127.0.0.1", resolve));
    const { code, output } = await refusedStack({ PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(output).toContain(`Port ${sqs} (SQS, PORT + 6324) is taken by process ${process.pid}`);
    expect(output).toContain(`PORT=${port + 1000} npm start`);
  });

  it("when PORT is no port", async () => {
    const { code, output } = await refusedStack({ PORT: "abc" });
    expect(code).toBe(1);
    expect(output).toContain('PORT is "abc"; it must be a whole number from 1 to 59211');
  });

  it("when RATE_LIMITS says nothing", async () => {
    const { code, output } = await refusedStack({ RATE_LIMITS: "2" });
    expect(code).toBe(1);
    expect(output).toContain('RATE_LIMITS is "2"; it must be on, off, or the share of the limits');
  });

  it("when DATA_DIR cannot be a directory", async () => {
    const file = join(dataDir, "a-file");
    writeFileSync(file, "");
    const { code, output } = await refusedStack({
      PORT: String(await freeStackPort()),
      DATA_DIR: join(file, "data"),
    });
    expect(code).toBe(1);
    expect(output).toContain("cannot be written: a part of the path is a file");
  });

  it(
    "when two start at the same moment on one DATA_DIR: one wins, and the other says why",
    async () => {
      const fresh = mkdtempSync(join(dataDir, "race-"));
      const port = await freeStackPort();
      // As many as make it likely that two of them look at the same instant.
      const starts = [0, 1, 2, 3].map((index) =>
        launchStack({ PORT: String(port + index), DATA_DIR: fresh }),
      );
      const outcomes = await Promise.all(starts.map(({ isReady }) => isReady));
      const winner = outcomes.indexOf(true);
      const losers = starts.filter((_, index) => !outcomes[index]);
      expect(losers).toHaveLength(starts.length - 1);
      for (const { ended, output } of losers) {
        expect(await ended).toBe(1);
        expect(output()).toContain("A stack with this DATA_DIR");
      }
      // Killed, it leaves no claim that would be in the way of the next.
      await starts[winner]?.kill();
      stack = await startStack({ dataDir: fresh });
      expect(stack.output()).toContain("0 tables created");
    },
    START_MS,
  );

  it(
    "when another stack uses the same DATA_DIR",
    async () => {
      stack = await startStack({ dataDir });
      const { code, output } = await refusedStack({ PORT: String(await freeStackPort()), DATA_DIR: dataDir });
      expect(code).toBe(1);
      expect(output).toContain(`A stack with this DATA_DIR runs already at ${stack.url}`);
    },
    START_MS,
  );
});
