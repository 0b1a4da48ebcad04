import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LongPoll } from "../../../../scripts/local/sqs/long-poll.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OPENING_MS = 1000;

/** One message that becomes visible at 1000, and a waiter for it whose attempts each take a millisecond. */
function newScene() {
  const scene = { nowMs: 0, served: 0, gaveUp: 0 };
  const poll = new LongPoll({
    nowMs: () => scene.nowMs,
    nextOpeningMs: (sinceMs) => (sinceMs < OPENING_MS ? OPENING_MS : undefined),
  });
  const waiter = {
    tryNow: () => {
      const visible = scene.nowMs >= OPENING_MS;
      scene.nowMs += 1;
      if (visible) scene.served += 1;
      return visible;
    },
    giveUp: () => {
      scene.gaveUp += 1;
    },
  };
  return { scene, poll, waiter };
}

describe("a waiting receive", () => {
  test("is served at once where something is there", () => {
    const { scene, poll, waiter } = newScene();
    scene.nowMs = OPENING_MS;
    poll.wait(waiter, 5000);
    expect(scene.served).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is woken for a message that became visible right after it looked", () => {
    const { scene, poll, waiter } = newScene();
    scene.nowMs = OPENING_MS - 1;
    poll.wait(waiter, 5000);
    vi.advanceTimersByTime(2);
    expect(scene).toMatchObject({ served: 1, gaveUp: 0 });
  });

  test("is woken also where the timer rang a little early", () => {
    const { scene, poll, waiter } = newScene();
    poll.wait(waiter, 5000);
    scene.nowMs = OPENING_MS - 1;
    vi.advanceTimersByTime(OPENING_MS + 2);
    expect(scene).toMatchObject({ served: 1, gaveUp: 0 });
  });

  test("gives up when its time is over, once", () => {
    const { scene, poll, waiter } = newScene();
    poll.wait(waiter, 500);
    vi.advanceTimersByTime(500);
    poll.giveUpAll();
    expect(scene).toMatchObject({ served: 0, gaveUp: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that was left takes nothing and leaves no timer behind", () => {
    const { scene, poll, waiter } = newScene();
    const leave = poll.wait(waiter, 5000);
    leave();
    scene.nowMs = OPENING_MS;
    poll.wakeSoon();
    expect(vi.getTimerCount()).toBe(0);
    expect(scene).toMatchObject({ served: 0, gaveUp: 0 });
  });
});
