import { beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../../lib/adapters/random.ts";
import { activityWrite } from "../../../lib/audit/activity.ts";
import { type AuditFilter, listAudit } from "../../../lib/audit/list-audit.ts";
import { type AuditRecord, auditWrite } from "../../../lib/audit/record.ts";
import type { Listing } from "../../../lib/store/listing.ts";
import { MemoryStore } from "../../simulation/memory-store.ts";
import { NOON, type TestPorts, testPortsOn } from "../../support/auth-ports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_AGO = [0, 1, 2, 30, 31, 90, 400, 900];

let ports: TestPorts;

beforeAll(async () => {
  ports = await testPortsOn(new MemoryStore());
  // Ids of one process rise, so the oldest record is written first.
  for (const days of DAYS_AGO.toReversed()) {
    const timeMs = NOON - days * DAY_MS;
    const write = auditWrite({
      id: ports.random.id(timeMs),
      actor: days % 2 === 0 ? "even" : "odd",
      action: "thing_done",
      entities: days < 50 ? ["deposit:a", "user:1", "market:M"] : ["user:2"],
      details: { days },
      timeMs,
      ...(days === 0 ? { requestId: "r-1" } : {}),
    });
    await ports.store.write(write);
  }
});

async function list(filter: Partial<AuditFilter>): Promise<Listing<AuditRecord>> {
  const found = await listAudit({ limit: 50, ...filter }, ports);
  if (!found.ok) throw new Error(found.refusal.code);
  return found.value;
}

/** All pages of a listing. */
async function joined(filter: Partial<AuditFilter>): Promise<unknown[]> {
  const all: unknown[] = [];
  let page = await list(filter);
  all.push(...days(page));
  while (page.next !== undefined) {
    page = await list({ ...filter, cursor: page.next });
    all.push(...days(page));
  }
  return all;
}

const days = ({ items }: Listing<AuditRecord>) => items.map(({ details }) => details.days);

describe("audit records", () => {
  it("say who did what to what, and when", async () => {
    const [newest] = (await list({})).items;
    expect(newest).toEqual({
      id: expect.any(String),
      time: new Date(NOON).toISOString(),
      actor: "even",
      action: "thing_done",
      entity: "deposit:a",
      entities: ["deposit:a", "user:1", "market:M"],
      details: { days: 0 },
      requestId: "r-1",
    });
  });

  it("come newest first, day by day, for two years back", async () => {
    expect(await joined({})).toEqual([0, 1, 2, 30, 31, 90, 400]);
  });

  it("a page looks at a month at most, at few partitions at once, and says where to go on", async () => {
    let [queries, open, most] = [0, 0, 0];
    const query: TestPorts["store"]["query"] = async (request) => {
      queries++;
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      return ports.store.query(request);
    };
    const found = await listAudit({ limit: 50 }, { ...ports, store: { ...ports.store, query } });
    expect(found.ok && days(found.value)).toEqual([0, 1, 2, 30]);
    expect(found.ok && found.value.next).toBeDefined();
    expect(queries).toBeLessThan(130);
    expect(most).toBeLessThanOrEqual(16);
  });

  it("older ones come when a time is named", async () => {
    expect(await joined({ from: "2024-01-01" })).toEqual(DAYS_AGO);
    expect(await joined({ to: "2025-01-01" })).toEqual([900]);
  });

  it("of one busy day come in order, though they lie in several partitions", async () => {
    const [busy, shards] = [NOON - 1000 * DAY_MS, new Set<unknown>()];
    const [random, ids] = [createRandom(), [] as string[]];
    for (let count = 0; count < 24; count++) {
      const id = random.id(busy + count);
      ids.unshift(id);
      const record = { id, actor: "busy", action: "thing_done", timeMs: busy + count } as const;
      const write = auditWrite({ ...record, entities: [`order:${count}`] });
      if (write.kind === "put") shards.add(write.item.pk);
      await ports.store.write(write);
    }
    expect(shards.size).toBeGreaterThan(1);
    const day = { from: new Date(busy).toISOString(), to: new Date(busy + 100).toISOString() };
    const paged: string[] = [];
    let page = await list({ ...day, limit: 7 });
    paged.push(...page.items.map(({ id }) => id));
    while (page.next !== undefined) {
      page = await list({ ...day, limit: 7, cursor: page.next });
      paged.push(...page.items.map(({ id }) => id));
    }
    expect(paged).toEqual(ids);
  });

  it("are bounded by times, inclusively", async () => {
    const at = (daysAgo: number) => new Date(NOON - daysAgo * DAY_MS).toISOString();
    expect(days(await list({ from: at(31), to: at(1) }))).toEqual([1, 2, 30, 31]);
  });

  it("are found by actor, by entity, and by both", async () => {
    expect(days(await list({ actor: "odd" }))).toEqual([1, 31]);
    expect(days(await list({ entity: "user:2" }))).toEqual([90, 400]);
    expect(days(await list({ entity: "user:1", actor: "even" }))).toEqual([0, 2, 30]);
    expect(days(await list({ actor: "nobody" }))).toEqual([]);
  });

  it("are found under each thing that they are about, and within times as well", async () => {
    for (const entity of ["user:1", "deposit:a", "market:M"]) {
      expect(days(await list({ entity }))).toEqual([0, 1, 2, 30, 31]);
      const at = (daysAgo: number) => new Date(NOON - daysAgo * DAY_MS).toISOString();
      expect(days(await list({ entity, actor: "even", from: at(30), to: at(1) }))).toEqual([2, 30]);
    }
  });

  it("about two things of one kind > a fault, since one of them would not be found", () => {
    const record = { id: ports.random.id(NOON), actor: "a", action: "thing_done", timeMs: NOON };
    expect(() => auditWrite({ ...record, entities: ["user:1", "user:2"] })).toThrow("about");
  });

  it("of a user come with the account's security events, which no other listing shows", async () => {
    // Ids of one process rise, so each of these has its own.
    const idAt = (timeMs: number) => createRandom().id(timeMs);
    const userId = idAt(NOON - 5 * DAY_MS);
    const event = (daysAgo: number) => {
      const timeMs = NOON - daysAgo * DAY_MS;
      return {
        id: idAt(timeMs),
        actor: userId,
        action: "thing_done",
        timeMs,
        details: { days: daysAgo },
      };
    };
    for (const daysAgo of [4, 2, 1]) await ports.store.write(activityWrite({ ...event(daysAgo), userId }));
    await ports.store.write(auditWrite({ ...event(3), entities: ["deposit:b", `user:${userId}`] }));
    expect(await joined({ entity: `user:${userId}` })).toEqual([1, 2, 3, 4]);
    expect(await joined({ entity: `user:${userId}`, limit: 1 })).toEqual([1, 2, 3, 4]);
    expect(await joined({ actor: userId, limit: 3 })).toEqual([1, 2, 3, 4]);
    expect(days(await list({ entity: "deposit:b" }))).toEqual([3]);
    expect((await joined({})).filter((each) => each === 3)).toEqual([3]);
    expect((await joined({})).filter((each) => each === 4)).toEqual([]);
    const { items } = await list({ entity: `user:${userId}`, limit: 1 });
    expect(items).toMatchObject([{ entity: `user:${userId}`, entities: [`user:${userId}`] }]);
  });

  it.each([{}, { actor: "even" }, { entity: "user:1" }])(
    "pages of %j join to the whole list",
    async (filter) => {
      expect(await joined({ ...filter, limit: 2 })).toEqual(await joined(filter));
    },
  );

  it.each([
    [{ from: "2026-12-01", to: "2026-11-01" }, "from"],
    [{ from: "0001-01-01" }, "from"],
    [{ cursor: "nonsense" }, "cursor"],
  ])("%j > refused", async (filter, path) => {
    expect(await listAudit({ limit: 50, ...filter }, ports)).toMatchObject({
      ok: false,
      refusal: { code: "VALIDATION_ERROR", details: [{ path }] },
    });
  });
});
