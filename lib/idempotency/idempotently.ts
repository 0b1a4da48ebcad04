import type { Answer } from "../contract/answer.ts";
import { type Result, refuse, success } from "../contract/refusal.ts";
import type { ExchangePorts } from "../ports/ports.ts";
import type { Place } from "../store/store.ts";
import { type IdempotencyKey, requestPlace } from "./request-item.ts";
import {
  forgetRecord,
  keepAnswer,
  leaveRecord,
  openRecord,
  type RequestRecord,
  readRecord,
} from "./request-record.ts";

/** `log` tells of records that could not be written after the call. */
export type IdempotencyPorts = Pick<ExchangePorts, "store" | "clock" | "random" | "log">;

export type Call = {
  readonly userId: string;
  readonly key: string;
  readonly fingerprint: string;
  /** Who writes the record: this file, or the use case in its transaction. */
  readonly kept: "record" | "transaction";
};

/** Runs the call under an operation id, which is the same whenever the call is repeated. */
export type Run = (operationId: string, key: IdempotencyKey) => Promise<Result<Answer>>;

const KEY = /^[\x20-\x7e]{1,64}$/;
const LOOK_AGAIN_MS = 50;
/** How often a call looks whether its twin, which is under way, was answered: for four seconds. */
const MOST_LOOKS = 80;
/** Longer than any function runs: a call that began before and was not answered has died. */
const LONGEST_CALL_MS = 30_000;

export function isIdempotencyKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * Makes a repeated call have one effect and one answer. The answer is kept after the call; a call whose answer was never kept
 * runs again under the same operation id, by which use cases recognise what they have done; a call that is under way is waited for, for
 * of two at once one may be refused what the other is granted. A refusal changed nothing, so it is forgotten and may be tried again;
 * after a throw nobody knows, so the record stays.
 */
export async function idempotently(call: Call, run: Run, ports: IdempotencyPorts): Promise<Result<Answer>> {
  const place = requestPlace(call.userId, call.key);
  let drawn: string | undefined;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const record = await readRecord(place, ports);
    if (record !== undefined && record.fingerprint !== call.fingerprint)
      return refuse("IDEMPOTENCY_MISMATCH");
    if (record?.answer !== undefined) return success(replayed(record.answer));
    // Its own record, the writing of which was not heard, is no twin's.
    const isOwn = record !== undefined && record.operationId === drawn;
    if (record !== undefined && !isOwn && isUnderWay(record, ports)) {
      await ports.clock.sleep(LOOK_AGAIN_MS);
      continue;
    }
    drawn ??= ports.random.id(ports.clock.nowMs());
    const operationId = record?.operationId ?? drawn;
    const opening = { place, found: record, record: { fingerprint: call.fingerprint, operationId } };
    if (isOwn || call.kept === "transaction" || (await openRecord(opening, ports)))
      return runOnce(call, { place, operationId, run }, ports);
  }
  return refuse("UNAVAILABLE", "The same call is still under way; try again");
}

/** Use cases that write the record themselves make a repetition harmless; of the others, one runs at a time. */
function isUnderWay({ startedMs }: RequestRecord, { clock }: IdempotencyPorts): boolean {
  return startedMs !== undefined && clock.nowMs() - startedMs < LONGEST_CALL_MS;
}

type Operation = {
  readonly place: Place;
  readonly operationId: string;
  readonly run: Run;
};

async function runOnce(
  call: Call,
  { place, operationId, run }: Operation,
  ports: IdempotencyPorts,
): Promise<Result<Answer>> {
  const { key, fingerprint } = call;
  const result = await run(operationId, { key, fingerprint }).catch(async (fault: unknown) => {
    if (call.kept === "record") await leave(place, operationId, ports);
    throw fault;
  });
  if (!result.ok) {
    if (call.kept === "record") await forgetRecord(place, operationId, ports);
    return result;
  }
  try {
    const id = call.kept === "record" ? operationId : idOf(result.value);
    if (!(await keepAnswer(place, { id, answer: result.value }, ports))) {
      // The same call ran beside this one and was answered first: its answer is the answer.
      const record = await readRecord(place, ports);
      if (record?.answer !== undefined) return success(replayed(record.answer));
    }
  } catch (cause) {
    // The call took place. Its answer not being kept costs a repeated call no more than running again under its id.
    ports.log.error("idempotent_answer_not_kept", cause, { operationId });
    if (call.kept === "record") await leave(place, operationId, ports);
  }
  return result;
}

/** This call is not under way any more, so the next one need not wait for it. Where that cannot be written, it waits. */
async function leave(place: Place, operationId: string, ports: IdempotencyPorts): Promise<void> {
  try {
    await leaveRecord(place, operationId, ports);
  } catch (cause) {
    ports.log.warn("idempotency_record_not_left", { operationId, cause: String(cause) });
  }
}

/** A use case that writes the record itself names the operation by the id of what it made. */
function idOf({ body }: Answer): string {
  if (typeof body === "object" && body !== null && "id" in body) return String(body.id);
  throw new Error("the answer has no id to know its operation by");
}

function replayed(answer: Answer): Answer {
  return { ...answer, headers: { "idempotency-replayed": "true" } };
}
