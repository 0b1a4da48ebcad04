import type { AttributeValue, CancellationReason } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { type Item, type Outcome, type SlotReason, StoreUnavailable } from "../store/store.ts";

/** DynamoDB's failures, sorted into what the protocol tells apart. */

/** Numbers arrive as bigint: the SDK's own numbers would round amounts. */
export const WHOLE_NUMBERS = Object.freeze({ wrapNumbers: (text: string): bigint => BigInt(text) });

const THROTTLED = new Set([
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "RequestLimitExceeded",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);
const CONFLICTS = new Set([
  "TransactionConflictException",
  "TransactionConflict",
  "TransactionInProgressException",
]);
const UNANSWERED = new Set([
  "TimeoutError",
  "AbortError",
  "InternalServerError",
  "InternalServerErrorException",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "RequestTimeout",
  "NetworkingError",
]);

type Fault = {
  readonly name?: string;
  readonly code?: string;
  readonly Item?: Record<string, AttributeValue>;
  readonly CancellationReasons?: readonly CancellationReason[];
  readonly $metadata?: { readonly httpStatusCode?: number };
};

/** The outcome of a failed write of `slots` items, or undefined where the failure says nothing that the protocol knows. */
export function outcomeOf(thrown: unknown, slots: number): Outcome | undefined {
  const fault = thrown as Fault;
  const name = fault.name ?? "";
  if (name === "TransactionCanceledException")
    return { ok: false, reasons: (fault.CancellationReasons ?? []).map(slotReason) };
  if (name === "ConditionalCheckFailedException")
    return { ok: false, reasons: [conditionReason(fault.Item)] };
  const code = CONFLICTS.has(name) ? "conflict" : THROTTLED.has(name) ? "throttled" : undefined;
  if (code === undefined) return undefined;
  return { ok: false, reasons: Array.from({ length: slots }, () => ({ code })) };
}

/** A failure after which nobody knows whether a write took place; all others pass as they are, for they are ours. */
export function faultOf(thrown: unknown): unknown {
  const fault = thrown as Fault;
  const status = fault.$metadata?.httpStatusCode ?? 0;
  const unanswered =
    UNANSWERED.has(fault.name ?? "") ||
    THROTTLED.has(fault.name ?? "") ||
    status >= 500 ||
    fault.code !== undefined;
  return unanswered
    ? new StoreUnavailable(`${fault.name ?? "fault"} ${fault.code ?? ""}`.trim(), { cause: thrown })
    : thrown;
}

function slotReason(reason: CancellationReason): SlotReason {
  const code = reason.Code ?? "None";
  if (code === "None") return { code: "none" };
  if (code === "ConditionalCheckFailed") return conditionReason(reason.Item);
  if (CONFLICTS.has(code)) return { code: "conflict" };
  if (THROTTLED.has(code)) return { code: "throttled" };
  throw new Error(`transaction cancelled: ${code} ${reason.Message ?? ""}`);
}

function conditionReason(item: Record<string, AttributeValue> | undefined): SlotReason {
  if (item === undefined || Object.keys(item).length === 0) return { code: "condition" };
  return { code: "condition", item: unmarshall(item, WHOLE_NUMBERS) as Item };
}
