import { takeBatch } from "../../lib/edge/queue-worker.ts";
import { sealedFrom } from "../../lib/journal/journal-items.ts";
import { Matcher } from "../../lib/matcher/matcher.ts";
import { unseal } from "../../lib/matching/entry.ts";
import { readMessage } from "../../lib/matching/wire/message.ts";
import type { RequestLog } from "../../lib/ports/ports.ts";
import { StoreUnavailable } from "../../lib/store/store.ts";
import type { Chance } from "../../scripts/demo/chance.ts";
import type { Delivery } from "../../scripts/local/sqs/message.ts";
import type { Calls } from "./calls.ts";
import { doneOf, eventOf, VISIBILITY_MS } from "./event-source.ts";
import { CATALOGUE } from "./in-process-exchange.ts";
import type { Queues } from "./queues.ts";
import type { Process } from "./scheduler.ts";
import type { StoreCalls } from "./store-calls.ts";
import type { WorldPorts } from "./world.ts";

const SCALE_OUT_SHARE = 0.1;
const LATEST_INVOCATION_MS = 120_000;

type Judged = {
  readonly batch: readonly Delivery[];
  readonly completed: number;
  readonly fromMs: number;
  readonly faultsBefore: number;
};

/** A warm function: what it remembers outlives an invocation, and ends with a crash. */
type Instance = { process: Process | undefined; readonly matcher: Matcher };

type Surroundings = {
  readonly queues: Queues;
  readonly store: StoreCalls;
  readonly portsOf: (running: () => Process) => WorldPorts;
  /** How much time an invocation has. */
  readonly functionMs: number;
};

/** The matching functions: warm instances, of which a delivery gets one, and the event source mapping that delivers. */
export class WarmMatchers {
  /** What a delivery showed to be wrong. */
  readonly broken: string[] = [];
  readonly #calls: Calls;
  readonly #chance: Chance;
  readonly #surroundings: Surroundings;
  readonly #instances = new Map<string, Instance[]>();

  constructor(calls: Calls, chance: Chance, surroundings: Surroundings) {
    this.#calls = calls;
    this.#chance = chance;
    this.#surroundings = surroundings;
  }

  /** One delivery of the event source mapping: receive, invoke the worker, delete what is completed. */
  async deliver(process: Process, market: string): Promise<void> {
    const { scheduler, adversary, stillness } = this.#calls;
    const { queues, portsOf, functionMs } = this.#surroundings;
    const { fifo } = queues.of(market);
    const batch = fifo.receive(scheduler.nowMs(), { max: 10, visibilityTimeoutMs: VISIBILITY_MS });
    if (batch.length === 0) return;
    // A mapping goes on trying to invoke a function that has no place; the queue may be another one by then.
    if (adversary.strikes("invoked_late", market))
      await scheduler.turn(process, this.#chance.below(LATEST_INVOCATION_MS));
    const startedMs = scheduler.nowMs();
    stillness.begin(process, { market, fifo, batch, startedMs, functionMs });
    const instance = this.#idleInstance(market, process);
    const faultsBefore = adversary.decisions;
    const context = { getRemainingTimeInMillis: () => functionMs - (scheduler.nowMs() - startedMs) };
    const delivery = { event: eventOf(market, batch), context, matcherOf: () => instance.matcher };
    const ports = portsOf(() => process);
    let bug: unknown;
    const log: RequestLog = {
      ...ports.log,
      error: (event, fault, fields) => {
        if (!(fault instanceof StoreUnavailable)) bug = fault;
        ports.log.error(event, fault, fields);
      },
    };
    const answer = await takeBatch(delivery, { ...ports, log });
    instance.process = undefined;
    if (bug !== undefined) throw bug;
    const done = doneOf(batch, answer);
    for (const { receiptHandle } of done) {
      if (adversary.strikes("delete_lost", market)) stillness.noteFault(process, "delete_lost");
      else fifo.delete(receiptHandle, scheduler.nowMs());
    }
    await this.#judgeWaiting(market, { batch, completed: done.length, fromMs: startedMs, faultsBefore });
    stillness.end(process, scheduler.nowMs());
  }

  /** Notes a command that has waited for a wallet that it does not need, where nothing else has disturbed the invocation. */
  async #judgeWaiting(market: string, { batch, completed, fromMs, faultsBefore }: Judged): Promise<void> {
    const commands = batch.map(({ message: { messageId, body, sequenceNumber, sentAtMs } }) =>
      readMessage({ messageId, body, sequence: sequenceNumber, sentMs: sentAtMs }),
    );
    const { store } = this.#surroundings;
    const fault = store.contention.faultOf(commands, {
      market,
      completed,
      fromMs,
      untilMs: this.#calls.scheduler.nowMs(),
      callMs: store.commitMs,
    });
    const isDisturbed =
      this.#calls.adversary.decisions > faultsBefore || store.contendedUntilMs(market) > fromMs;
    if (fault === undefined || isDisturbed) return;
    // A command that is half done comes before all others, whoever's it is.
    if (!(await this.#isUnfinished(market))) this.broken.push(fault);
  }

  async #isUnfinished(market: string): Promise<boolean> {
    const page = await this.#surroundings.store.replicas.truth.query({
      table: "journal",
      pk: market,
      order: "descending",
      limit: 1,
    });
    const [last] = page.items;
    return last !== undefined && unseal(sealedFrom(last)).continuation !== undefined;
  }

  #idleInstance(market: string, process: Process): Instance {
    const all = (this.#instances.get(market) ?? []).filter((instance) => instance.process?.crashed !== true);
    const idle = all.filter((instance) => instance.process === undefined);
    // Several warm instances, of which one at a time is behind, are how a stale book comes to plan.
    const isReplaced =
      this.#calls.adversary.strikes("instance_replaced", market) ||
      (this.#calls.adversary.isActive && this.#chance.fraction() < SCALE_OUT_SHARE);
    const known = idle.length > 0 && !isReplaced ? this.#chance.pick(idle) : undefined;
    const instance = known ?? this.#newInstance(market);
    instance.process = process;
    this.#instances.set(market, known === undefined ? [...all, instance].slice(-3) : all);
    return instance;
  }

  #newInstance(market: string): Instance {
    const definition = CATALOGUE.markets.get(market);
    if (definition === undefined) throw new Error(`no market ${market}`);
    const running = (): Process => {
      if (instance.process === undefined) throw new Error("an instance that is not invoked runs");
      return instance.process;
    };
    const instance: Instance = {
      process: undefined,
      matcher: new Matcher(definition, this.#surroundings.portsOf(running)),
    };
    return instance;
  }
}
