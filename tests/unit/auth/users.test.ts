import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { getUser } from "../../../lib/admin/users/get-user.ts";
import { listUsers, type UserFilter } from "../../../lib/admin/users/list-users.ts";
import { type UserChange, updateUser } from "../../../lib/admin/users/update-user.ts";
import { authenticate } from "../../../lib/auth/authenticate.ts";
import { login, type TokenPair } from "../../../lib/auth/login.ts";
import { refresh } from "../../../lib/auth/refresh.ts";
import { register } from "../../../lib/auth/register.ts";
import type { Account } from "../../../lib/auth/user-item.ts";
import { isFrozen, walletKey } from "../../../lib/wallet/wallet-item.ts";
import { CATALOGUE } from "../../simulation/in-process-exchange.ts";
import { startTestPorts, type TestPorts } from "../../support/auth-ports.ts";

const CLIENT = { ip: "192.0.2.7", userAgent: "Firefox" };
const PASSWORD = "correct horse battery";
const ADMIN = "01KATB9Z8Q4W0J5V6R7N2M3X1C";

let ports: TestPorts;
let users: Account[];
let told: string[];

beforeAll(async () => {
  ports = await startTestPorts();
  users = [];
  for (const name of ["anna", "bert", "anton", "carl", "ann"]) {
    ports.pass(1000);
    const result = await register(
      { email: `${name}@example.com`, password: PASSWORD, client: CLIENT },
      ports,
    );
    if (result.ok) users.push(result.value);
  }
});
afterAll(() => ports.stop());
beforeEach(() => {
  told = [];
});

const named = (name: string): Account => {
  const user = users.find(({ email }) => email.startsWith(`${name}@`));
  if (user === undefined) throw new Error(name);
  return user;
};

const queue = {
  send: async (market: string, { body }: { readonly body: string }) => {
    const { status, number } = JSON.parse(body).command;
    told.push(`${market} ${status} ${number}`);
  },
};

const toldAll = (what: string) => [...CATALOGUE.markets.keys()].map((market) => `${market} ${what}`);

function update(userId: string, change: Pick<UserChange, "status" | "role">, actor = ADMIN) {
  return updateUser(
    { userId, ...change, actor, requestId: "r", correlationId: "c" },
    { ...ports, catalogue: CATALOGUE, queue },
  );
}

async function names(filter: Partial<UserFilter>): Promise<string[]> {
  const found = await listUsers({ limit: 50, ...filter }, ports);
  if (!found.ok) throw new Error(found.refusal.code);
  return found.value.items.map(({ email }) => email.split("@")[0] ?? "");
}

const wallet = (userId: string) => ports.store.get({ table: "wallets", key: walletKey(userId) });
/** What administrators did to a user, oldest first. */
const audit = async (userId: string) =>
  (await ports.store.query({ table: "audit", index: "user", pk: `user:${userId}` })).items.map(
    ({ action }) => action,
  );

describe("list users", () => {
  it("newest first, without their passwords' hashes", async () => {
    expect(await names({})).toEqual(["ann", "carl", "anton", "bert", "anna"]);
    expect(JSON.stringify(await listUsers({ limit: 50 }, ports))).not.toContain("argon2");
  });

  it("by a whole address, or by how it begins", async () => {
    expect(await names({ email: "ann@example.com" })).toEqual(["ann"]);
    expect(await names({ email: "an" })).toEqual(["ann", "anton", "anna"]);
    expect(await names({ email: "zoe" })).toEqual([]);
  });

  it("by status", async () => {
    await update(named("carl").id, { status: "frozen" });
    expect(await names({ status: "frozen" })).toEqual(["carl"]);
    expect(await names({ status: "active", email: "carl@example.com" })).toEqual([]);
  });

  it("pages join to the whole list", async () => {
    const joined: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listUsers({ limit: 2, cursor }, ports);
      if (!page.ok) throw new Error(page.refusal.code);
      joined.push(...page.value.items.map(({ id }) => id));
      cursor = page.value.next;
    } while (cursor !== undefined);
    expect(joined).toEqual(users.map(({ id }) => id).reverse());
  });

  it("a cursor that is none > refused", async () => {
    expect(await listUsers({ limit: 2, cursor: "x" }, ports)).toMatchObject({
      ok: false,
      refusal: { code: "VALIDATION_ERROR" },
    });
  });
});

describe("get user", () => {
  it("with balances and sessions", async () => {
    const anna = named("anna");
    await login({ email: anna.email, password: PASSWORD, client: CLIENT }, ports);
    const balances = async (userId: string) => [userId];
    expect(await getUser(anna.id, { ...ports, balances })).toMatchObject({
      ok: true,
      value: { ...anna, balances: [anna.id], sessions: [{ device: "Firefox", ip: "192.0.2.7" }] },
    });
  });

  it("unknown > not found", async () => {
    expect(await getUser(ADMIN, { ...ports, balances: async () => [] })).toMatchObject({
      ok: false,
      refusal: { code: "NOT_FOUND" },
    });
  });
});

describe("update user", () => {
  it("freezing > account, wallet and record change together, then the markets are told", async () => {
    const { id } = named("bert");
    expect(await update(id, { status: "frozen" })).toMatchObject({
      ok: true,
      value: { id, status: "frozen" },
    });
    expect(isFrozen(await wallet(id))).toBe(true);
    expect(await audit(id)).toEqual(["user_frozen"]);
    expect(told).toEqual(toldAll("frozen 1"));
  });

  it("freezing again > no second record, and no second telling: what is desired stands, and is sent until it is applied", async () => {
    const { id } = named("bert");
    await update(id, { status: "frozen" });
    expect(await audit(id)).toEqual(["user_frozen"]);
    expect(told).toEqual([]);
  });

  it("unfreezing > takes it all back", async () => {
    const { id } = named("bert");
    expect(await update(id, { status: "active" })).toMatchObject({ ok: true, value: { status: "active" } });
    expect(isFrozen(await wallet(id))).toBe(false);
    expect(await audit(id)).toEqual(["user_frozen", "user_unfrozen"]);
    expect(told).toEqual(toldAll("active 2"));
  });

  it("a role > changes without a word to the markets", async () => {
    const { id } = named("anton");
    expect(await update(id, { role: "admin" })).toMatchObject({
      ok: true,
      value: { role: "admin", status: "active" },
    });
    expect(await audit(id)).toEqual(["user_role_changed"]);
    expect(told).toEqual([]);
  });

  it.each([{ status: "frozen" }, { role: "admin" }] as const)(
    "%j > ends what was issued before, for good; who knows the password logs in anew",
    async (change) => {
      const email = `held-${Object.keys(change)[0]}@example.com`;
      const opened = await register({ email, password: PASSWORD, client: CLIENT }, ports);
      if (!opened.ok) throw new Error(opened.refusal.code);
      const { id } = opened.value;
      const logIn = async () => {
        const pair = await login({ email, password: PASSWORD, client: CLIENT }, ports);
        if (!pair.ok) throw new Error(pair.refusal.code);
        return pair.value;
      };
      const codeOf = async ({ accessToken }: TokenPair) => {
        const found = await authenticate(accessToken, ports);
        return found.ok ? "none" : found.refusal.code;
      };
      const before = await logIn();
      await update(id, change);
      expect(await codeOf(before)).toBe("status" in change ? "ACCOUNT_FROZEN" : "UNAUTHORIZED");
      await update(id, { status: "active" });
      expect(await codeOf(before)).toBe("UNAUTHORIZED");
      expect(await refresh(before, ports)).toMatchObject({ refusal: { code: "UNAUTHORIZED" } });
      expect(await codeOf(await logIn())).toBe("none");
    },
  );

  it("two changes at once > both stand", async () => {
    const { id } = named("ann");
    await Promise.all([update(id, { status: "frozen" }), update(id, { role: "admin" })]);
    expect(await update(id, { status: "frozen" })).toMatchObject({
      value: { status: "frozen", role: "admin" },
    });
  });

  it.each([{ status: "frozen" }, { role: "user" }] as const)(
    "administrators do not do %j to themselves",
    async (change) => {
      const { id } = named("anton");
      expect(await update(id, change, id)).toMatchObject({ ok: false, refusal: { code: "CONFLICT" } });
      expect(await update(id, { role: "admin" }, id)).toMatchObject({ ok: true });
    },
  );

  it("unknown > not found, and no market is told", async () => {
    expect(await update("01KATB9Z8Q4W0J5V6R7N2M3X1D", { status: "frozen" })).toMatchObject({
      refusal: { code: "NOT_FOUND" },
    });
    expect(told).toEqual([]);
  });
});
