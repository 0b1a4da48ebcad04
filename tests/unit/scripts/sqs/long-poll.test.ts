import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LongPoll } from "../../../../scripts/local/sqs/long-poll.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OPENING_MS = 1000;

/** One message that becomes visible at 1000, and a way to wait for it whose attempts each take a millisecond. */
function newScene() {
  const scene = { nowMs: 0, attempts: 0 };
  const poll = new LongPoll({
    nowMs: () => scene.nowMs,
    nextOpeningMs: (sinceMs) => (sinceMs < OPENING_MS ? OPENING_MS : undefined),
  });
  const take = () => {
    const isVisible = scene.nowMs >= OPENING_MS;
    scene.nowMs += 1;
    scene.attempts += 1;
    return isVisible ? "message" : undefined;
  };
  const gone = new AbortController();
  const wait = (forMs: number) => poll.wait({ take, forMs, gone: gone.signal });
  const pass = async (ms: number) => {
    scene.nowMs += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { scene, poll, gone, wait, pass };
}

describe("a waiting receive", () => {
  test("is served at once where something is there", async () => {
    const { scene, wait } = newScene();
    scene.nowMs = OPENING_MS;
    expect(await wait(5000)).toBe("message");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is woken for a message that became visible right after it looked", async () => {
    const { scene, wait, pass } = newScene();
    scene.nowMs = OPENING_MS - 1;
    const waiting = wait(5000);
    await pass(2);
    expect(await waiting).toBe("message");
  });

  test("is woken also where the timer rang a little early", async () => {
    const { scene, wait } = newScene();
    const waiting = wait(5000);
    scene.nowMs = OPENING_MS - 1;
    await vi.advanceTimersByTimeAsync(OPENING_MS + 2);
    expect(await waiting).toBe("message");
  });

  test("is served when somebody has sent", async () => {
    const { scene, poll, wait } = newScene();
    const waiting = wait(500);
    scene.nowMs = OPENING_MS;
    poll.wakeSoon();
    expect(await waiting).toBe("message");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("gives up when its time is over", async () => {
    const { wait, pass } = newScene();
    const waiting = wait(500);
    await pass(500);
    expect(await waiting).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("gives up when the queue is deleted", async () => {
    const { poll, wait } = newScene();
    const waiting = wait(500);
    poll.giveUpAll();
    expect(await waiting).toBeUndefined();
  });

  test("that was left takes nothing and leaves no timer behind", async () => {
    const { scene, poll, gone, wait } = newScene();
    const waiting = wait(5000);
    gone.abort();
    scene.nowMs = OPENING_MS;
    poll.wakeSoon();
    expect(await waiting).toBeUndefined();
    expect(scene.attempts).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
