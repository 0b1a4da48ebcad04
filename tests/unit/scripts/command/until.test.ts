import { describe, expect, test } from "vitest";
import { until } from "../../../../scripts/command/until.ts";

describe("look until there is something", () => {
  test("seen at once > nothing is waited for", async () => {
    expect(await until(() => "there", { forMs: 0 })).toBe("there");
  });

  test("seen later > what it is, and no look after it", async () => {
    let looks = 0;
    const look = async () => (++looks < 3 ? undefined : looks);
    expect(await until(look, { forMs: 60_000, everyMs: 1 })).toBe(3);
    expect(looks).toBe(3);
  });

  test("never seen > nothing, once the time is over", async () => {
    const startedMs = performance.now();
    expect(await until(() => undefined, { forMs: 30, everyMs: 5 })).toBeUndefined();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(30);
  });

  test("a look that fails > its fault", async () => {
    const look = () => Promise.reject(new Error("gone"));
    await expect(until(look, { forMs: 60_000 })).rejects.toThrow("gone");
  });
});
