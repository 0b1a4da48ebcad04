/** Seeds that once broke an invariant, or the judge's idea of one; every run begins with them. */
export const KNOWN_FAILURES: readonly number[] = [10, 2125, 7066];
