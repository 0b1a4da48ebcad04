import type { Attempt } from "../exchange/http.ts";

export type Refusals = { readonly code: string; readonly meant: number; readonly byChance: number };

/** What happened, counted. */
export class Tally {
  readonly acceptedMs: number[] = [];
  readonly inTheBookMs: number[] = [];
  readonly #refusals = new Map<string, { meant: number; byChance: number }>();
  readonly #serverErrors = new Map<string, number>();
  readonly #surprises: string[] = [];
  cancels = 0;
  /** Calls that were given up: whether the exchange did them is not known here. */
  givenUp = 0;
  requests = 0;
  noAnswer = 0;
  unavailable = 0;

  get accepted(): number {
    return this.acceptedMs.length + this.inTheBookMs.length;
  }

  /** Refusals, the most frequent first. */
  get refusals(): Refusals[] {
    const all = [...this.#refusals].map(([code, counts]) => ({ code, ...counts }));
    return all.sort((a, b) => b.meant + b.byChance - (a.meant + a.byChance));
  }

  get refused(): number {
    return this.refusals.reduce((sum, { meant, byChance }) => sum + meant + byChance, 0);
  }

  /** Answers of 500 and above except 503, which says that a part is down and is no fault of the program. */
  get serverErrors(): ReadonlyMap<string, number> {
    return this.#serverErrors;
  }

  get surprises(): readonly string[] {
    return this.#surprises;
  }

  countAttempt({ method, route, status, code }: Attempt): void {
    this.requests++;
    if (status === 0) this.noAnswer++;
    else if (status === 503) this.unavailable++;
    else if (status >= 500) increment(this.#serverErrors, `${status} ${code} from ${method} ${route}`);
  }

  countRefusal(code: string, isMeant: boolean): void {
    const counts = this.#refusals.get(code) ?? { meant: 0, byChance: 0 };
    if (isMeant) counts.meant++;
    else counts.byChance++;
    this.#refusals.set(code, counts);
  }

  surprise(what: string): void {
    this.#surprises.push(what);
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
