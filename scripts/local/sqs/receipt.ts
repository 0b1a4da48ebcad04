import type { Receipt } from "./message.ts";

/** Derived, not drawn, so that the same calls give the same handles. */
export function printReceipt(queueIdentity: string, receipt: Receipt): string {
  return `${queueIdentity}/${receipt.sequenceNumber}/${receipt.receiveCount}`;
}

/** Undefined where the handle is malformed or of another queue. */
export function parseReceipt(queueIdentity: string, handle: string): Receipt | undefined {
  if (!handle.startsWith(`${queueIdentity}/`)) return undefined;
  const match = /^(\d{20})\/([1-9]\d{0,9})$/.exec(handle.slice(queueIdentity.length + 1));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { sequenceNumber: match[1], receiveCount: Number(match[2]) };
}
