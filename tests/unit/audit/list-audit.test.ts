import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuditFilter, listAudit } from "../../../lib/audit/list-audit.ts";
import { type AuditRecord, auditWrite } from "../../../lib/audit/record.ts";
import type { Listing } from "../../../lib/store/listing.ts";
import { NOON, startTestPorts, type TestPorts } from "../../support/auth-ports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_AGO = [0, 1, 2, 30, 31, 90, 400, 900];

let ports: TestPorts;

beforeAll(async () => {
  ports = await startTestPorts();
  // Ids of one process rise, so the oldest record is written first.
  for (const days of DAYS_AGO.toReversed()) {
    const timeMs = NOON - days * DAY_MS;
    const write = auditWrite({
      id: ports.random.id(timeMs),
      actor: days % 2 === 0 ? "even" : "odd",
      action: "thing_done",
      entity: days < 50 ? "user:1" : "user:2",
      details: { days },
      timeMs,
      ...(days === 0 ? { requestId: "r-1" } : {}),
    });
    await ports.store.write(write);
  }
});
afterAll(() => ports.stop());

async function list(filter: Partial<AuditFilter>): Promise<Listing<AuditRecord>> {
  const found = await listAudit({ limit: 50, ...filter }, ports);
  if (!found.ok) throw new Error(found.refusal.code);
  return found.value;
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
      entity: "user:1",
      details: { days: 0 },
      requestId: "r-1",
    });
  });

  it("come newest first, over months, for two years back", async () => {
    expect(days(await list({}))).toEqual([0, 1, 2, 30, 31, 90, 400]);
  });

  it("older ones come when a time is named", async () => {
    expect(days(await list({ from: "2024-01-01" }))).toEqual(DAYS_AGO);
    expect(days(await list({ to: "2025-01-01" }))).toEqual([900]);
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

  it.each([{}, { actor: "even" }, { entity: "user:1" }])(
    "pages of %j join to the whole list",
    async (filter) => {
      const whole = days(await list(filter));
      const joined: unknown[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < 20; page++) {
        const found = await list({ ...filter, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        joined.push(...days(found));
        cursor = found.next;
        if (cursor === undefined) break;
        expect(found.items).toHaveLength(2);
      }
      expect(joined).toEqual(whole);
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
