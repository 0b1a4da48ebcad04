/**
 * What a function with ReportBatchItemFailures answered: the ids that failed, or `everything`. AWS counts a batch as failed whole where
 * the answer is malformed or names an id that is not in the batch, and as done whole where it names none.
 */
export function failedItems(answer: unknown, ids: readonly string[]): "everything" | ReadonlySet<string> {
  if (answer === undefined || answer === null) return new Set();
  if (typeof answer !== "object") return new Set();
  if (!("batchItemFailures" in answer) || answer.batchItemFailures === null) return new Set();
  if (!Array.isArray(answer.batchItemFailures)) return "everything";
  const failed = new Set<string>();
  for (const failure of answer.batchItemFailures) {
    const id: unknown = failure?.itemIdentifier;
    if (typeof id !== "string" || !ids.includes(id)) return "everything";
    failed.add(id);
  }
  return failed;
}
