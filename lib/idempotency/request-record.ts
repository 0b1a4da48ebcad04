import type { Answer } from "../contract/answer.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import { withRetries } from "../store/retries.ts";
import type { Condition, Item, Place, Write } from "../store/store.ts";
import { expiryOf, forgetExpired, isExpired } from "./request-item.ts";

/**
 * The record of an idempotency key: one facet of its item. So this file changes its own attributes, and deletes only an item that has no others.
 */
export type RequestRecord = {
  readonly fingerprint: string;
  readonly operationId: string;
  /** When the call that is to answer began; absent where a use case wrote the record. */
  readonly startedMs?: number;
  /** Absent until the request was answered. */
  readonly answer?: Answer;
};

const FACET = ["fingerprint", "operationId", "startedMs", "answer"] as const;
const NO_CLIENT_FACET: Condition = { attribute: "clientFingerprint", is: "absent" };

/** The record of a key, where there is one that counts; one past its time is removed. */
export async function readRecord(place: Place, ports: Ports): Promise<RequestRecord | undefined> {
  const item = await ports.store.get(place);
  if (item !== undefined && isExpired(item, ports.clock.nowMs())) {
    await forgetExpired(place, item, ports);
    return undefined;
  }
  const operationId = item?.operationId;
  if (item === undefined || typeof operationId !== "string") return undefined;
  const answer = answerOf(item);
  return {
    fingerprint: String(item.fingerprint),
    operationId,
    ...(typeof item.startedMs === "bigint" ? { startedMs: Number(item.startedMs) } : {}),
    ...(answer === undefined ? {} : { answer }),
  };
}

function answerOf(item: Item): Answer | undefined {
  const stored = item.answer as { readonly status: bigint; readonly body?: string } | undefined;
  if (stored === undefined) return undefined;
  const body: unknown = stored.body === undefined ? undefined : JSON.parse(stored.body);
  return { status: Number(stored.status), body };
}

type Ports = Pick<ExchangePorts, "store" | "clock" | "random">;

type Opening = {
  readonly place: Place;
  readonly record: RequestRecord;
  /** As it was read. */
  readonly found: RequestRecord | undefined;
};

/** Writes a new record, or takes over that of a call that has died; false where somebody else was faster. */
export async function openRecord({ place, record, found }: Opening, ports: Ports): Promise<boolean> {
  const nowMs = ports.clock.nowMs();
  const { fingerprint, operationId } = record;
  return holds(
    {
      kind: "update",
      ...place,
      set: { fingerprint, operationId, startedMs: BigInt(nowMs), expiresAt: expiryOf(nowMs) },
      remove: ["answer"],
      when: isUnchanged(found),
    },
    ports,
  );
}

/** That nobody has changed the record since it was read. */
function isUnchanged(found: RequestRecord | undefined): Condition[] {
  if (found === undefined) return [{ attribute: "operationId", is: "absent" }];
  const { operationId, startedMs } = found;
  return [
    { attribute: "operationId", is: "equal", to: operationId },
    { attribute: "answer", is: "absent" },
    startedMs === undefined
      ? { attribute: "startedMs", is: "absent" }
      : { attribute: "startedMs", is: "equal", to: BigInt(startedMs) },
  ];
}

/** Keeps the answer with its record; false where there is one already, or the record is gone or another operation's. */
export async function keepAnswer(
  place: Place,
  operation: { id: string; answer: Answer },
  ports: Ports,
): Promise<boolean> {
  const { status, body } = operation.answer;
  return holds(
    {
      kind: "update",
      ...place,
      set: {
        answer: { status: BigInt(status), ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
      },
      when: [
        { attribute: "operationId", is: "equal", to: operation.id },
        { attribute: "answer", is: "absent" },
      ],
    },
    ports,
  );
}

/** Says that nobody is at work on an operation. */
export async function leaveRecord(place: Place, operationId: string, ports: Ports): Promise<void> {
  await holds(
    {
      kind: "update",
      ...place,
      remove: ["startedMs"],
      when: [{ attribute: "operationId", is: "equal", to: operationId }],
    },
    ports,
  );
}

/** Forgets an operation that changed nothing. One that was answered meanwhile stays. */
export async function forgetRecord(place: Place, operationId: string, ports: Ports): Promise<void> {
  const when: Condition[] = [
    { attribute: "operationId", is: "equal", to: operationId },
    { attribute: "answer", is: "absent" },
  ];
  if (await holds({ kind: "delete", ...place, when: [...when, NO_CLIENT_FACET] }, ports)) return;
  await holds({ kind: "update", ...place, remove: FACET, when }, ports);
}

async function holds(write: Write, ports: Ports): Promise<boolean> {
  const outcome = await withRetries(() => ports.store.write(write), ports);
  return outcome.ok;
}
