import { SqsFault } from "./faults.ts";
import { type Input, readObjects, readOptionalString } from "./input.ts";

const BATCH_LIMIT = 10;

type BatchWork = {
  /** Called for every entry before any is carried out. */
  readonly prepare?: (entry: Input) => void;
  /** Returns what the answer says of the entry besides its id. */
  readonly carryOut: (entry: Input) => object;
};

/** The faults of a batch as a whole are thrown; those of an entry stand beside its id. */
export function answerBatch(input: Input, work: BatchWork): object {
  const entries = readObjects(input, "Entries");
  assertBatch(entries);
  const failed: object[] = [];
  const sound = entries.filter((entry) => attempt(entry, failed, () => work.prepare?.(entry)));
  const successful: object[] = [];
  for (const entry of sound) {
    attempt(entry, failed, () => successful.push({ Id: entry.Id, ...work.carryOut(entry) }));
  }
  return { Successful: successful, ...(failed.length === 0 ? {} : { Failed: failed }) };
}

function attempt(entry: Input, failed: object[], act: () => void): boolean {
  try {
    act();
    return true;
  } catch (fault) {
    if (!(fault instanceof SqsFault) || fault.code.endsWith("BatchRequestTooLong")) throw fault;
    failed.push({
      Id: entry.Id,
      SenderFault: fault.senderFault,
      Code: fault.code,
      Message: fault.message,
    });
    return false;
  }
}

function assertBatch(entries: readonly Input[]): void {
  if (entries.length === 0) {
    throw new SqsFault("EmptyBatchRequest", "There should be at least one entry in the request.");
  }
  if (entries.length > BATCH_LIMIT) {
    const message = `Maximum number of entries per request are ${BATCH_LIMIT}. You have sent ${entries.length}.`;
    throw new SqsFault("TooManyEntriesInBatchRequest", message);
  }
  const ids = entries.map((entry) => readOptionalString(entry, "Id") ?? "");
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id))) {
    const message =
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    throw new SqsFault("InvalidBatchEntryId", message);
  }
  if (new Set(ids).size < ids.length)
    throw new SqsFault("BatchEntryIdsNotDistinct", "Ids of the entries must be distinct.");
}
