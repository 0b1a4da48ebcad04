import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listAudit } from "../../../lib/audit/list-audit.ts";
import { authenticate } from "../../../lib/auth/authenticate.ts";
import { createAdmin } from "../../../lib/auth/create-admin.ts";
import { endSession, logout } from "../../../lib/auth/end-session.ts";
import { accountByEmail } from "../../../lib/auth/find-account.ts";
import { listSessions } from "../../../lib/auth/list-sessions.ts";
import { login, type TokenPair } from "../../../lib/auth/login.ts";
import { refresh } from "../../../lib/auth/refresh.ts";
import { register } from "../../../lib/auth/register.ts";
import { profilePlace } from "../../../lib/auth/user-item.ts";
import type { Result } from "../../../lib/contract/refusal.ts";
import { StoreUnavailable } from "../../../lib/store/store.ts";
import { startTestPorts, type TestPorts } from "../../support/auth-ports.ts";

const PASSWORD = "correct horse battery";
const CLIENT = { ip: "192.0.2.7", userAgent: "Firefox" };
const DAY_MS = 24 * 60 * 60 * 1000;

let ports: TestPorts;
let email: string;
let count = 0;

beforeAll(async () => {
  ports = await startTestPorts();
});
afterAll(() => ports.stop());
beforeEach(() => {
  count++;
  email = `alice${count}@example.com`;
  ports.lines.length = 0;
});

function granted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}`);
  return result.value;
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? "none" : result.refusal.code;
}

const newcomer = async () => granted(await register({ email, password: PASSWORD, client: CLIENT }, ports));
const signIn = async (): Promise<TokenPair> =>
  granted(await login({ email, password: PASSWORD, client: CLIENT }, ports));
const events = () => ports.lines.map(({ event }) => event);

async function freeze(userId: string): Promise<void> {
  await ports.store.write({ kind: "update", ...profilePlace(userId), set: { status: "frozen" } });
}

/** What administrators are shown of a user, oldest first. */
async function auditOf(userId: string): Promise<string[]> {
  const listed = granted(await listAudit({ entity: `user:${userId}`, limit: 500 }, ports));
  return listed.items.map(({ action }) => action).reverse();
}

describe("register", () => {
  it("opens an account that can sign in, and never shows the password's hash", async () => {
    const user = await newcomer();
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      email,
      role: "user",
      status: "active",
      createdAt: expect.any(String),
    });
    expect((await signIn()).user).toEqual(user);
    expect(await auditOf(user.id)).toEqual(["user_registered", "user_login"]);
  });

  it("an address that is taken > refuses", async () => {
    await newcomer();
    expect(codeOf(await register({ email, password: PASSWORD, client: CLIENT }, ports))).toBe("EMAIL_TAKEN");
  });

  it("two at once for one address > one account, one refusal", async () => {
    const both = await Promise.all(
      [1, 2].map(() => register({ email, password: PASSWORD, client: CLIENT }, ports)),
    );
    expect(both.map(codeOf).sort()).toEqual(["EMAIL_TAKEN", "none"]);
  });

  it("an answer that is lost after the account was made > is the account, not a refusal", async () => {
    let calls = 0;
    const transact: TestPorts["store"]["transact"] = async (writes) => {
      const outcome = await ports.store.transact(writes);
      if (++calls === 1) throw new StoreUnavailable("the answer was lost");
      return outcome;
    };
    const lossy = { ...ports, store: { ...ports.store, transact } };
    const user = granted(await register({ email, password: PASSWORD, client: CLIENT }, lossy));
    expect((await accountByEmail(email, ports.store))?.id).toBe(user.id);
  });

  it("logs the address masked only", async () => {
    await newcomer();
    expect(ports.lines).toContainEqual(
      expect.objectContaining({ event: "user_registered", email: "a***@example.com" }),
    );
    expect(JSON.stringify(ports.lines)).not.toContain(email);
  });
});

describe("login", () => {
  it("a wrong password and an unknown address > one refusal, logged, recorded where there is an account", async () => {
    const { id } = await newcomer();
    expect(codeOf(await login({ email, password: "wrong", client: CLIENT }, ports))).toBe(
      "INVALID_CREDENTIALS",
    );
    expect(codeOf(await login({ email: `no-${email}`, password: PASSWORD, client: CLIENT }, ports))).toBe(
      "INVALID_CREDENTIALS",
    );
    expect(events().filter((event) => event === "failed_login_attempt")).toHaveLength(2);
    expect(await auditOf(id)).toEqual(["user_registered", "failed_login_attempt"]);
  });

  it("an address without an account costs the same calls of the store as a wrong password, frozen or not", async () => {
    const { id } = await newcomer();
    const callsOf = async (address: string) => {
      const calls: string[] = [];
      const noting = new Proxy(ports.store, {
        get: (store, name: keyof TestPorts["store"]) => (request: never) => {
          const { table, kind, key, pk, index } = request as { [name: string]: unknown };
          calls.push([name, kind, table, index, key ? "by key" : "", pk ? "by range" : ""].join(" "));
          return store[name](request);
        },
      });
      const guess = { email: address, password: "wrong", client: CLIENT };
      expect(codeOf(await login(guess, { ...ports, store: noting }))).toBe("INVALID_CREDENTIALS");
      return calls;
    };
    const known = await callsOf(email);
    expect(known).toHaveLength(4);
    expect(await callsOf(`no-${email}`)).toEqual(known);
    await freeze(id);
    expect(await callsOf(email)).toEqual(known);
  });

  it("the attempt is recorded while the password is being checked, not after it", async () => {
    await newcomer();
    const { promise: checked, resolve: finish } = Promise.withResolvers<void>();
    const { promise: recorded, resolve: note } = Promise.withResolvers<void>();
    const write: TestPorts["store"]["write"] = async (request) => {
      const outcome = await ports.store.write(request);
      note();
      return outcome;
    };
    const check: TestPorts["passwords"]["check"] = async (...guess) => {
      await checked;
      return ports.passwords.check(...guess);
    };
    const slow = { ...ports, store: { ...ports.store, write }, passwords: { ...ports.passwords, check } };
    const answer = login({ email, password: "wrong", client: CLIENT }, slow);
    await recorded;
    finish();
    expect(codeOf(await answer)).toBe("INVALID_CREDENTIALS");
  });

  it("a success corrects the record of its attempt", async () => {
    const { id } = await newcomer();
    await signIn();
    expect(await auditOf(id)).toEqual(["user_registered", "user_login"]);
  });

  it("a stranger who guesses on > is recorded ten times a minute, and then costs no more writes", async () => {
    const { id } = await newcomer();
    const guess = () => login({ email, password: "wrong", client: CLIENT }, ports);
    for (let count = 0; count < 15; count++) await guess();
    const failures = async () =>
      (await auditOf(id)).filter((action) => action === "failed_login_attempt").length;
    expect(await failures()).toBe(9);
    await signIn();
    expect(await auditOf(id)).toContain("user_login");
    ports.pass(61_000);
    await guess();
    expect(await failures()).toBe(10);
  });

  it("a frozen account > tells so to who knows the password, and to nobody else", async () => {
    const { id } = await newcomer();
    await freeze(id);
    expect(codeOf(await login({ email, password: PASSWORD, client: CLIENT }, ports))).toBe("ACCOUNT_FROZEN");
    expect(codeOf(await login({ email, password: "wrong", client: CLIENT }, ports))).toBe(
      "INVALID_CREDENTIALS",
    );
  });

  it("a hash of older parameters > is made anew", async () => {
    const { id } = await newcomer();
    const old = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$";
    const { argon2Sync } = await import("node:crypto");
    const tag = argon2Sync("argon2id", {
      message: PASSWORD,
      nonce: Buffer.from("saltsaltsalt"),
      parallelism: 1,
      tagLength: 32,
      memory: 8,
      passes: 1,
    });
    const passwordHash = old + tag.toString("base64").replace(/=+$/, "");
    await ports.store.write({ kind: "update", ...profilePlace(id), set: { passwordHash } });
    await signIn();
    expect((await accountByEmail(email, ports.store))?.passwordHash).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/,
    );
    await signIn();
  });
});

describe("authenticate", () => {
  const codeFor = async (token: string) => codeOf(await authenticate(token, ports));

  it("accepts an access token while its session lives", async () => {
    const user = await newcomer();
    const { accessToken } = await signIn();
    expect(granted(await authenticate(accessToken, ports)).user).toEqual(user);
  });

  it("refuses it after 15 minutes", async () => {
    await newcomer();
    const { accessToken } = await signIn();
    ports.pass(16 * 60 * 1000);
    expect(await codeFor(accessToken)).toBe("UNAUTHORIZED");
  });

  it("refuses it at once after signing out, and after freezing", async () => {
    const { id } = await newcomer();
    const first = await signIn();
    const { sessionId } = granted(await authenticate(first.accessToken, ports));
    await logout({ userId: id, sessionId }, ports);
    expect(await codeFor(first.accessToken)).toBe("UNAUTHORIZED");
    const second = await signIn();
    await freeze(id);
    expect(await codeFor(second.accessToken)).toBe("ACCOUNT_FROZEN");
  });

  it("refuses a refresh token, and the reverse", async () => {
    await newcomer();
    const { accessToken, refreshToken } = await signIn();
    expect(await codeFor(refreshToken)).toBe("UNAUTHORIZED");
    expect(codeOf(await refresh({ refreshToken: accessToken }, ports))).toBe("UNAUTHORIZED");
    expect(await codeFor("nonsense")).toBe("UNAUTHORIZED");
  });
});

describe("refresh", () => {
  it("gives a new pair, whose token works in turn", async () => {
    await newcomer();
    let { refreshToken } = await signIn();
    for (let i = 0; i < 3; i++) {
      ports.pass(DAY_MS * 20);
      const next = granted(await refresh({ refreshToken }, ports));
      expect(next.refreshToken).not.toBe(refreshToken);
      refreshToken = next.refreshToken;
    }
  });

  it("two at once with one token > both are answered, with tokens that work", async () => {
    await newcomer();
    const { refreshToken } = await signIn();
    const both = await Promise.all([1, 2].map(() => refresh({ refreshToken }, ports)));
    ports.pass(60_000);
    for (const answer of both)
      expect(codeOf(await authenticate(granted(answer).accessToken, ports))).toBe("none");
    expect(
      codeOf(await refresh({ refreshToken: granted(both[0] as Result<TokenPair>).refreshToken }, ports)),
    ).toBe("none");
  });

  it("the token before, within 10 seconds > is answered again; after that > ends the whole session", async () => {
    const { id } = await newcomer();
    const { refreshToken } = await signIn();
    const next = granted(await refresh({ refreshToken }, ports));
    ports.pass(10_000);
    expect(codeOf(await refresh({ refreshToken }, ports))).toBe("none");
    ports.pass(1);
    expect(codeOf(await refresh({ refreshToken }, ports))).toBe("TOKEN_REUSED");
    expect(codeOf(await refresh({ refreshToken: next.refreshToken }, ports))).toBe("UNAUTHORIZED");
    expect(codeOf(await authenticate(next.accessToken, ports))).toBe("UNAUTHORIZED");
    expect(events()).toContain("token_reused");
    expect(await auditOf(id)).toContain("token_reused");
  });

  it("a token of two exchanges ago > is answered within 10 seconds of its own exchange, and theft later", async () => {
    await newcomer();
    const { refreshToken } = await signIn();
    const second = granted(await refresh({ refreshToken }, ports));
    ports.pass(6_000);
    granted(await refresh({ refreshToken: second.refreshToken }, ports));
    expect(codeOf(await refresh({ refreshToken }, ports))).toBe("none");
    ports.pass(5_000);
    expect(codeOf(await refresh({ refreshToken: second.refreshToken }, ports))).toBe("none");
    expect(codeOf(await refresh({ refreshToken }, ports))).toBe("TOKEN_REUSED");
  });

  it("a frozen account > refuses", async () => {
    const { id } = await newcomer();
    const { refreshToken } = await signIn();
    await freeze(id);
    expect(codeOf(await refresh({ refreshToken }, ports))).toBe("ACCOUNT_FROZEN");
  });

  it("again and again > the session ends 90 days after its login all the same", async () => {
    await newcomer();
    let { accessToken, refreshToken } = await signIn();
    for (let day = 20; day <= 80; day += 20) {
      ports.pass(20 * DAY_MS);
      ({ accessToken, refreshToken } = granted(await refresh({ refreshToken }, ports)));
    }
    ports.pass(10 * DAY_MS - 1000);
    ({ accessToken, refreshToken } = granted(await refresh({ refreshToken }, ports)));
    expect(codeOf(await authenticate(accessToken, ports))).toBe("none");
    ports.pass(1000);
    expect(codeOf(await authenticate(accessToken, ports))).toBe("UNAUTHORIZED");
    expect(codeOf(await refresh({ refreshToken }, ports))).toBe("UNAUTHORIZED");
  });

  it("after 30 days without a refresh > the session is over", async () => {
    const { id } = await newcomer();
    const { refreshToken } = await signIn();
    ports.pass(30 * DAY_MS + 10_000);
    expect(codeOf(await refresh({ refreshToken }, ports))).toBe("UNAUTHORIZED");
    expect(await listSessions(id, { limit: 50 }, ports)).toEqual({ items: [] });
  });
});

describe("sessions", () => {
  it("are listed newest first, with where they came from", async () => {
    const { id } = await newcomer();
    await signIn();
    ports.pass(1000);
    await login({ email, password: PASSWORD, client: { ip: "192.0.2.8", userAgent: "curl" } }, ports);
    const listed = await listSessions(id, { limit: 50 }, ports);
    expect(listed.items.map(({ device, ip }) => [device, ip])).toEqual([
      ["curl", "192.0.2.8"],
      ["Firefox", "192.0.2.7"],
    ]);
  });

  it("come in pages that join to the whole list, each once", async () => {
    const { id } = await newcomer();
    for (let count = 0; count < 5; count++) await signIn();
    const whole = (await listSessions(id, { limit: 50 }, ports)).items.map((session) => session.id);
    expect(whole).toHaveLength(5);
    const joined: string[] = [];
    let after: string | undefined;
    do {
      const page = await listSessions(id, { limit: 2, after }, ports);
      joined.push(...page.items.map((session) => session.id));
      after = page.next;
    } while (after !== undefined);
    expect(joined).toEqual(whole);
  });

  it("are 20 at most > one more login ends the oldest, also where many come at once", async () => {
    const { id } = await newcomer();
    const first = await signIn();
    ports.pass(1000);
    const second = await signIn();
    for (let count = 0; count < 18; count++) await signIn();
    expect(codeOf(await authenticate(first.accessToken, ports))).toBe("none");
    ports.pass(1000);
    await signIn();
    expect(codeOf(await authenticate(first.accessToken, ports))).toBe("UNAUTHORIZED");
    expect(codeOf(await authenticate(second.accessToken, ports))).toBe("none");
    await Promise.all(Array.from({ length: 8 }, signIn));
    expect((await listSessions(id, { limit: 50 }, ports)).items).toHaveLength(20);
  }, 20_000);

  it("ending one > refuses its token and leaves the other; ending it again > not found", async () => {
    const { id } = await newcomer();
    const kept = await signIn();
    const ended = await signIn();
    const { sessionId } = granted(await authenticate(ended.accessToken, ports));
    expect(codeOf(await endSession({ userId: id, sessionId }, ports))).toBe("none");
    expect(codeOf(await authenticate(ended.accessToken, ports))).toBe("UNAUTHORIZED");
    expect(codeOf(await authenticate(kept.accessToken, ports))).toBe("none");
    expect(codeOf(await endSession({ userId: id, sessionId }, ports))).toBe("NOT_FOUND");
    expect(events()).toContain("session_ended");
  });

  it("another user's > not found, and lives on", async () => {
    await newcomer();
    const { accessToken } = await signIn();
    const { sessionId } = granted(await authenticate(accessToken, ports));
    expect(codeOf(await endSession({ userId: "01KATB9Z8Q4W0J5V6R7N2M3X1C", sessionId }, ports))).toBe(
      "NOT_FOUND",
    );
    expect(codeOf(await authenticate(accessToken, ports))).toBe("none");
  });
});

describe("create admin", () => {
  it("makes one, and finds it again", async () => {
    const terms = { email: ` ${email.toUpperCase()} `, password: PASSWORD };
    const first = granted(await createAdmin(terms, ports));
    expect(first).toMatchObject({ email, role: "admin" });
    const { accessToken } = await signIn();
    expect(await createAdmin({ email, password: PASSWORD }, ports)).toEqual({ ok: true, value: first });
    expect(await createAdmin({ email, password: PASSWORD, promote: true }, ports)).toMatchObject({
      ok: true,
    });
    expect(await auditOf(first.id)).toEqual(["admin_created", "user_login"]);
    expect(codeOf(await authenticate(accessToken, ports))).toBe("none");
  });

  it.each([
    ["a user's, even of this very password", "user", PASSWORD],
    ["an administrator's of another password", "admin", "another password"],
  ] as const)(
    "an account that is there, %s > refuses, and leaves it as it was",
    async (_, role, password) => {
      const { id } = await newcomer();
      await ports.store.write({ kind: "update", ...profilePlace(id), set: { role } });
      const before = await accountByEmail(email, ports.store);
      expect(codeOf(await createAdmin({ email, password }, ports))).toBe("EMAIL_TAKEN");
      expect(await accountByEmail(email, ports.store)).toEqual(before);
      await signIn();
    },
  );

  it("an account that is there, when asked to promote it > gets role and password, and whoever held it is out", async () => {
    const user = await newcomer();
    const intruder = await signIn();
    const terms = { email, password: "another password", promote: true };
    const admin = granted(await createAdmin(terms, ports));
    expect(admin).toEqual({ ...user, role: "admin" });
    expect(codeOf(await authenticate(intruder.accessToken, ports))).toBe("UNAUTHORIZED");
    expect(codeOf(await refresh({ refreshToken: intruder.refreshToken }, ports))).toBe("UNAUTHORIZED");
    expect(await listSessions(user.id, { limit: 50 }, ports)).toEqual({ items: [] });
    expect(await auditOf(user.id)).toContain("admin_reset");
    expect(codeOf(await login({ email, password: PASSWORD, client: CLIENT }, ports))).toBe(
      "INVALID_CREDENTIALS",
    );
    expect(codeOf(await login({ email, password: "another password", client: CLIENT }, ports))).toBe("none");
  });
});
