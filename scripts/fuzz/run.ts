import type { HttpOptions } from "../exchange/http.ts";
import { type Cast, remember, renew, type Session } from "./cast.ts";
import { type Check, checksOf } from "./checks.ts";
import type { Description } from "./description.ts";
import { type Draft, sensibleDraft, wireOf } from "./draft.ts";
import { mutate } from "./mutations.ts";
import { differences, stateAtRest } from "./state.ts";
import { chanceOf, collectionOf } from "./values.ts";
import { curlOf, exchange, type WireAnswer } from "./wire.ts";

export type Finding = { readonly what: string; readonly curl: string; times: number };

/** What came of the requests. */
export type Tally = {
  requests: number;
  readonly statuses: Map<number, number>;
  readonly codes: Map<string, number>;
  readonly findings: Map<string, Finding>;
  readonly operations: Map<string, { succeeded: number; refused: number }>;
  /** Calls that said themselves that they may be tried again later. */
  readonly unavailable: Map<string, number>;
  checkpoints: number;
  /** Checkpoints that say nothing, since a call was accepted that was to be refused. */
  voided: number;
  /** Those calls. */
  readonly accepted: Map<string, number>;
};

export type Setting = {
  readonly url: string;
  readonly http: HttpOptions;
  readonly casts: readonly Cast[];
  readonly description: Description;
  readonly requests: number;
  readonly onProgress: (tally: Tally) => void;
};

const BURST_SHARE = 0.02;
const MOST_AT_ONCE = 12;
/** Requests of a stream between two looks at the accounts. */
const ROUND = 300;
const REFUSED_SHARE = 0.4;
/** Well before the end of an access token, which comes after 15 minutes. */
const RENEW_AFTER_MS = 8 * 60_000;
const WRITES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * Rounds of all streams at once. In the first part of a round anything may happen; in the second every request is to be refused, and
 * the accounts are compared around it.
 */
export async function fuzz(setting: Setting): Promise<Tally> {
  const { casts, description, requests, http } = setting;
  const tally: Tally = {
    requests: 0,
    statuses: new Map(),
    codes: new Map(),
    findings: new Map(),
    operations: new Map(),
    unavailable: new Map(),
    checkpoints: 0,
    voided: 0,
    accepted: new Map(),
  };
  const fuzzer = new Fuzzer(setting, tally, checksOf(description));
  const [first] = casts;
  if (first === undefined) return tally;
  const accounts = casts.flatMap(({ user, other }) => [user, other]);
  for (let sent = 0; sent < requests; sent += ROUND * casts.length) {
    const each = Math.min(ROUND, Math.ceil((requests - sent) / casts.length));
    const refused = Math.floor(each * REFUSED_SHARE);
    await Promise.all(casts.map((cast) => fuzzer.stream(cast, each - refused, false)));
    await fuzzer.reopen(first);
    for (const cast of casts) await fuzzer.signInAgain(cast);
    const before = await stateAtRest(accounts, first.markets, http);
    fuzzer.accepted.length = 0;
    await Promise.all(casts.map((cast) => fuzzer.stream(cast, refused, true)));
    for (const cast of casts) await fuzzer.signInAgain(cast);
    tally.checkpoints++;
    if (fuzzer.accepted.length > 0) {
      tally.voided++;
      continue;
    }
    for (const difference of differences(before, await stateAtRest(accounts, first.markets, http)))
      fuzzer.find("a refused call changed something", difference);
  }
  return tally;
}

class Fuzzer {
  /** Writes of the second part of a round that were not refused. */
  readonly accepted: string[] = [];
  readonly #setting: Setting;
  readonly #tally: Tally;
  readonly #check: Check;

  constructor(setting: Setting, tally: Tally, check: Check) {
    this.#setting = setting;
    this.#tally = tally;
    this.#check = check;
  }

  /** One request after the other, but for bursts of one request many times at once. */
  async stream(cast: Cast, count: number, mustFail: boolean): Promise<void> {
    const { chance } = cast;
    for (let sent = 0; sent < count; ) {
      const draft = sensibleDraft(cast, this.#setting.description);
      mutate(draft, cast, mustFail);
      const times = chanceOf(chance, BURST_SHARE) ? 2 + chance.below(MOST_AT_ONCE - 1) : 1;
      const answers = await Promise.all(Array.from({ length: times }, () => this.#send(draft, mustFail)));
      sent += times;
      this.#compare(draft, answers);
      for (const answer of answers) this.#learn(draft, answer, cast);
      if (answers.some(({ status }) => status === 401 || status === 204))
        await this.#keepSignedIn(draft, cast);
    }
  }

  /** Whoever was signed out on the way signs in again, and whoever would be soon. */
  async signInAgain(cast: Cast): Promise<void> {
    for (const session of [cast.user, cast.other, cast.admin]) {
      if (Date.now() - session.signedInAtMs > RENEW_AFTER_MS) await renew(session, cast, this.#setting.http);
      else await this.#renewWhereEnded(session, cast);
    }
  }

  /** Markets that were halted on the way are opened. */
  async reopen(cast: Cast): Promise<void> {
    await this.signInAgain(cast);
    for (const market of cast.markets) {
      await exchange(this.#setting.url, {
        method: "PUT",
        path: `/api/admin/markets/${encodeURIComponent(market)}`,
        headers: { authorization: `Bearer ${cast.admin.accessToken}`, "content-type": "application/json" },
        body: Buffer.from('{"status":"open"}'),
      });
    }
  }

  find(what: string, curl: string): void {
    const known = this.#tally.findings.get(what);
    if (known === undefined) this.#tally.findings.set(what, { what, curl, times: 1 });
    else known.times++;
  }

  async #send(draft: Draft, mustFail: boolean): Promise<WireAnswer> {
    const { url, onProgress } = this.#setting;
    const wire = wireOf(draft);
    const answer = await exchange(url, wire);
    const { status } = answer;
    const tally = this.#tally;
    tally.requests++;
    add(tally.statuses, status);
    const code = status >= 400 ? codeOf(answer) : undefined;
    if (code !== undefined) add(tally.codes, `${status} ${code}`);
    const name = draft.isKnown ? draft.operation.id : "(no call of the API)";
    const counts = tally.operations.get(name) ?? { succeeded: 0, refused: 0 };
    tally.operations.set(name, counts);
    if (status >= 200 && status < 300) counts.succeeded++;
    else counts.refused++;
    if (status === 503)
      add(tally.unavailable, `${name}: ${answer.text.slice(0, 100).replace(/,"requestId.*/, "")}`);
    const fault = this.#check(draft, answer);
    if (fault !== undefined)
      this.find(`${name} ${fault}`, `${curlOf(url, wire)}\n    ${status} ${answer.text.slice(0, 300)}`);
    if (mustFail && status < 300 && WRITES.has(draft.method)) {
      this.accepted.push(name);
      add(tally.accepted, `${name}: ${draft.mutations.join("; ")}`);
    }
    onProgress(tally);
    return answer;
  }

  /** However often a call came at once under one key, it was one call. */
  #compare(draft: Draft, answers: readonly WireAnswer[]): void {
    if (answers.length < 2 || draft.headers["idempotency-key"] === undefined || !draft.operation.takesKey)
      return;
    const ids = new Set(
      answers.filter(({ status }) => status < 300).map(({ text }) => (asObject(text) as { id?: string }).id),
    );
    if (ids.size > 1)
      this.find(
        `${draft.operation.id} under one key at once gives ${ids.size} ids`,
        curlOf(this.#setting.url, wireOf(draft)),
      );
  }

  /** Ids and cursors for later requests. Accounts are no part of it: only scapegoats may be frozen. */
  #learn({ operation, isKnown }: Draft, { status, text }: WireAnswer, cast: Cast): void {
    if (!isKnown || status >= 300 || text.length > 500_000) return;
    const body = asObject(text) as { id?: unknown; items?: unknown; nextCursor?: unknown };
    const collection = collectionOf(operation.path);
    const items = Array.isArray(body.items) ? (body.items as { id?: unknown }[]).slice(0, 5) : [];
    if (
      this.#setting.description.operations.some(({ path }) => path.includes(`/${collection}/{id}`)) &&
      collection !== "users"
    ) {
      const known = cast.ids.get(collection) ?? [];
      cast.ids.set(collection, known);
      for (const { id } of [body, ...items])
        if (typeof id === "string" && !known.includes(id)) remember(known, id);
    }
    if (typeof body.nextCursor === "string") remember(cast.cursors, body.nextCursor);
  }

  async #keepSignedIn(draft: Draft, cast: Cast): Promise<void> {
    const token = String(draft.headers.authorization ?? "").replace(/^bearer +/i, "");
    const session = [cast.user, cast.other, cast.admin].find(({ accessToken }) => accessToken === token);
    if (session !== undefined) await this.#renewWhereEnded(session, cast);
  }

  async #renewWhereEnded(session: Session, cast: Cast): Promise<void> {
    const { url, http } = this.#setting;
    const headers = { authorization: `Bearer ${session.accessToken}` };
    const { status } = await exchange(url, { method: "GET", path: "/api/auth/me", headers, body: undefined });
    if (status === 401) await renew(session, cast, http);
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function codeOf({ text }: WireAnswer): string {
  return String((asObject(text) as { code?: unknown }).code ?? "no code");
}

function asObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
