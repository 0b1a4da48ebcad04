/** A time as the contract words it: ISO 8601, UTC, milliseconds. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
