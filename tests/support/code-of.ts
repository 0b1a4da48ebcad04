import type { Result } from "../../lib/contract/refusal.ts";

/** The code of a refusal; "accepted" where there is none. */
export function codeOf(result: Result<unknown>): string {
  return result.ok ? "accepted" : result.refusal.code;
}
