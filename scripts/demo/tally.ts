import type { Attempt } from "../exchange/http.ts";

export type Refusals = { readonly code: string; readonly meant: number; readonly byChance: number };

/** What happened, counted. */
export class Tally {
  readonly acceptedMs: number[] = [];
  readonly inTheBookMs: number[] = [];
  readonly #refusals = new Map<string, { meant: number; byChance: number }>();
  /** Answers of 500 and above except 503, which says that a part is down and is no fault of the program. */
  readonly serverErrors = new Map<string, number>();
  readonly surprises: string[] = [];
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

  countAttempt({ method, route, status, code }: Attempt): void {
    this.requests++;
    if (status === 0) this.noAnswer++;
    else if (status === 503) this.unavailable++;
    else if (status >= 500) {
      const fault = `${status} ${code} from ${method} ${route}`;
      this.serverErrors.set(fault, (this.serverErrors.get(fault) ?? 0) + 1);
    }
  }

  countRefusal(code: string, isMeant: boolean): void {
    const counts = this.#refusals.get(code) ?? { meant: 0, byChance: 0 };
    if (isMeant) counts.meant++;
    else counts.byChance++;
    this.#refusals.set(code, counts);
  }
}
