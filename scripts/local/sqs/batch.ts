import { SqsFault } from "./faults.ts";
import { type Input, readObjects, readOptionalString } from "./input.ts";

const BATCH_LIMIT = 10;

/** What is done with an entry, and what the answer says of it besides its id. */
type CarryOut = (entry: Input) => object;

/**
 * Carries out entry by entry, each prepared before any is carried out. The faults of a batch as a whole are thrown; those of an entry
 * stand beside its id.
 */
export function answerBatch(input: Input, prepare: (entry: Input) => CarryOut): object {
  const entries = readObjects(input, "Entries");
  assertBatch(entries);
  const failed: object[] = [];
  const attempt = <T>(entry: Input, act: () => T): T[] => {
    try {
      return [act()];
    } catch (cause) {
      if (!(cause instanceof SqsFault) || cause.fault.code.endsWith("BatchRequestTooLong")) throw cause;
      const { senderFault: SenderFault, fault, message: Message } = cause;
      failed.push({ Id: entry.Id, SenderFault, Code: fault.code, Message });
      return [];
    }
  };
  const prepared = entries.flatMap((entry) => attempt(entry, () => ({ entry, carryOut: prepare(entry) })));
  const successful = prepared.flatMap(({ entry, carryOut }) =>
    attempt(entry, () => ({ Id: entry.Id, ...carryOut(entry) })),
  );
  return { Successful: successful, ...(failed.length === 0 ? {} : { Failed: failed }) };
}

function assertBatch(entries: readonly Input[]): void {
  if (entries.length === 0)
    throw new SqsFault("EmptyBatchRequest", "There should be at least one entry in the request.");
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
