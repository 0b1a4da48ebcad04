import { percentile } from "../command/statistics.ts";
import { heading, print, table } from "../command/terminal.ts";
import type { Tally } from "../demo/tally.ts";
import type { CheckResult } from "./check.ts";
import { type Kill, VICTIMS, type Victim } from "./plan.ts";
import type { Summary } from "./run.ts";
import type { Wire } from "./wire.ts";

export type Round = {
  readonly victim: Victim;
  /** From the kill until an order placed after it was in every market's book, and the public books knew it. */
  readonly recoveryMs: number;
  /** Accepted from the crowd in the meantime. */
  readonly orders: number;
  readonly fault: string | undefined;
};

/** By victim and for all; null where nothing was killed. */
export function recoveries(rounds: readonly Pick<Round, "victim" | "recoveryMs">[]) {
  return [...VICTIMS, "all" as const].map((victim) => {
    const times = rounds
      .filter((round) => victim === "all" || round.victim === victim)
      .map(({ recoveryMs }) => recoveryMs);
    const of = (share: number) => (times.length === 0 ? null : percentile(times, share));
    return { victim, kills: times.length, p50Ms: of(0.5), maxMs: of(1) };
  });
}

/** How often the clients sent an order again under its key. */
export function repeatsOf({ placings }: Pick<Wire, "placings">): number {
  let repeats = 0;
  for (const { attempts } of placings.values()) repeats += attempts - 1;
  return repeats;
}

type Told = { readonly number: number; readonly kill: Kill; readonly round: Round };

export function tellRound({ number, kill, round }: Told, tally: Tally, wire: Wire): void {
  const traded = (kill.afterMs / 1_000).toFixed(1);
  const outcome =
    round.fault === undefined
      ? `trading goes on after ${(round.recoveryMs / 1_000).toFixed(1)} s`
      : "TRADING DOES NOT GO ON";
  print(
    `round ${String(number).padStart(3)}  ${round.victim.padEnd(13)} killed after ${traded} s; ${outcome}; ` +
      `${tally.accepted} orders, ${repeatsOf(wire)} sent again`,
  );
}

export function tellCheck(rounds: number, { orders, voided, differences }: CheckResult): void {
  print(
    `check after round ${rounds}: ${orders} orders, ${voided} never reached their market and were voided, ${differences.length} differences`,
  );
}

export function printSummary(summary: Summary, seconds: number): void {
  const { rounds, orders, voided, differences, tally, wire } = summary;
  const inSeconds = (ms: number | null) => (ms === null ? "-" : (ms / 1_000).toFixed(2));
  heading(`${rounds.length} rounds in ${seconds.toFixed(0)} s`);
  print(
    table(
      ["killed with -9", "times", "trading goes on: p50 s", "max s"],
      recoveries(rounds).map(({ victim, kills, p50Ms, maxMs }) => [
        victim,
        kills,
        inSeconds(p50Ms),
        inSeconds(maxMs),
      ]),
    ),
  );
  print(
    table(
      ["", "count"],
      [
        ["orders in the books of the exchange", orders],
        ["orders acknowledged", tally.accepted],
        ["cancels acknowledged", tally.cancels],
        ["requests", tally.requests],
        ["requests that ran out of time on purpose", wire.hungUp],
        ["answers kept from the client on purpose", wire.unheard],
        ["requests without an answer, in all", tally.noAnswer],
        ["503: a part was down", tally.unavailable],
        ["orders sent again under their key", repeatsOf(wire)],
        ["calls given up", tally.givenUp],
        ["orders that never reached their market, voided", voided],
        ["differences", differences.length],
      ],
    ),
  );
  if (summary.checkedRounds < rounds.length)
    print(`Nothing was checked after round ${summary.checkedRounds}.`);
}
