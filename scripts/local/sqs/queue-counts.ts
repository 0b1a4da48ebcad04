import type { QueueCounts, StoredMessage } from "./message.ts";

export function countMessages(messages: Iterable<StoredMessage>, nowMs: number): QueueCounts {
  let visible = 0;
  let inFlight = 0;
  let delayed = 0;
  let oldestMs: number | undefined;
  for (const message of messages) {
    oldestMs = Math.min(oldestMs ?? message.sentAtMs, message.sentAtMs);
    if (message.visibleAtMs <= nowMs) visible += 1;
    else if (message.receiveCount > 0) inFlight += 1;
    else delayed += 1;
  }
  return { visible, inFlight, delayed, ...(oldestMs === undefined ? {} : { oldestAgeMs: nowMs - oldestMs }) };
}
