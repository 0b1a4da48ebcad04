import * as z from "zod";
import { SqsFault } from "./faults.ts";
import { type Input, input, read } from "./input.ts";
import { MESSAGE_BYTES } from "./queue-attributes.ts";

/** What is done with a message, by itself or as an entry of a batch, and what the answer says of it. */
type Prepared = { readonly bytes?: number; readonly carryOut: () => object };
export type Prepare = (entry: Input) => Prepared;

const BATCH_LIMIT = 10;
const batch = z.object({ Entries: z.array(input, "Must be a list.").default([]) });

/**
 * Carries out entry by entry, each prepared before any is carried out, so that a batch that is too long as a whole does nothing. The
 * faults of a batch as a whole are thrown; those of an entry stand beside its id.
 */
export function answerBatch(given: Input, prepare: Prepare): object {
  const { Entries } = read(batch, given);
  assertBatch(Entries);
  const Failed: object[] = [];
  const attempt = <T>({ Id }: Input, act: () => T): T[] => {
    try {
      return [act()];
    } catch (cause) {
      if (!(cause instanceof SqsFault)) throw cause;
      Failed.push({ Id, SenderFault: cause.isSenders, Code: cause.code, Message: cause.message });
      return [];
    }
  };
  const prepared = Entries.flatMap((entry) => attempt(entry, () => ({ entry, ...prepare(entry) })));
  if (prepared.reduce((sum, { bytes = 0 }) => sum + bytes, 0) > MESSAGE_BYTES)
    throw new SqsFault("BatchRequestTooLong", `Batch requests cannot be longer than ${MESSAGE_BYTES} bytes.`);
  const Successful = prepared.flatMap(({ entry, carryOut }) =>
    attempt(entry, () => ({ Id: entry.Id, ...carryOut() })),
  );
  return { Successful, ...(Failed.length === 0 ? {} : { Failed }) };
}

function assertBatch(entries: readonly Input[]): void {
  const ids = entries.map(({ Id }) => Id);
  if (entries.length === 0)
    throw new SqsFault("EmptyBatchRequest", "There should be at least one entry in the request.");
  if (entries.length > BATCH_LIMIT) {
    const message = `Maximum number of entries per request are ${BATCH_LIMIT}. You have sent ${entries.length}.`;
    throw new SqsFault("TooManyEntriesInBatchRequest", message);
  }
  if (!ids.every((id) => typeof id === "string" && /^[\w-]{1,80}$/.test(id))) {
    const message =
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    throw new SqsFault("InvalidBatchEntryId", message);
  }
  if (new Set(ids).size < ids.length)
    throw new SqsFault("BatchEntryIdsNotDistinct", "Ids of the entries must be distinct.");
}
