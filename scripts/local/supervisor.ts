import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../command/until.ts";
import { bundleDirOf, bundleFunctions } from "./bundle.ts";
import { Child, type ChildEvent, type ChildSpec } from "./child.ts";
import { loadConfiguration } from "./configuration.ts";
import { signingKeys } from "./keys.ts";
import { partsOf } from "./parts.ts";
import { createQueues, createTables } from "./provision.ts";
import { recordPaths, removeRecord, writeRecord } from "./record.ts";
import { endpointsOf, LOCAL_STAGE, Misconfigured, removeTemporaryDir, type Settings } from "./settings.ts";

const STOP_ORDER = ["seed", "api", "event-sources", "workers", "sqs", "dynamodb"];
const LOG_CHECK_MS = 10_000;
const FIRST_ANSWER_AT_MOST_MS = 30_000;

/** Starts the parts of the stack in order, keeps them running, and ends them in the opposite order. */
export class Supervisor {
  readonly #settings: Settings;
  readonly #say: (line: string) => void;
  readonly #children: Child[] = [];
  readonly #configuration = loadConfiguration(LOCAL_STAGE);
  #ready = false;
  #logKeeper: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;
  /** Called when the stack cannot go on. */
  onHopeless: (reason: string) => void = () => undefined;

  constructor(settings: Settings, say: (line: string) => void) {
    this.#settings = settings;
    this.#say = say;
  }

  async start(): Promise<void> {
    const settings = this.#settings;
    const { prefix, functions } = this.#configuration;
    const parts = partsOf(settings, signingKeys(settings.dataDir), prefix);
    rmSync(settings.logDir, { recursive: true, force: true });
    const dynamodb = parts.dynamodb && this.#launch(parts.dynamodb);
    const [sqs, workers, api] = [parts.sqs, parts.workers, parts.api].map((part) => this.#launch(part)) as [
      Child,
      Child,
      Child,
    ];
    await Promise.all([
      this.#tables(dynamodb).then(() => this.#launch(parts.seed).done()),
      this.#queues(sqs),
      bundleFunctions(this.#configuration, bundleDirOf(settings.workDir)),
      workers.listening(),
      api.listening(),
    ]);
    this.#say(`functions      ${Object.keys(functions).length}, invoked at ${endpointsOf(settings).lambda}`);
    this.#launch(parts.eventSources);
    await this.#answered();
    this.#ready = true;
    this.#logKeeper = setInterval(() => this.#trimLogs(), LOG_CHECK_MS);
    this.#record();
  }

  #trimLogs(): void {
    try {
      for (const child of this.#children) child.trimLog();
    } catch (cause) {
      this.#say(`long logs cannot be moved aside: ${cause}`);
    }
  }

  #launch(spec: ChildSpec): Child {
    if (this.#stopping !== undefined) throw new Error("the stack is stopping");
    const child = new Child(spec, this.#settings.logDir, (event) => this.#onEvent(child, event));
    this.#children.push(child);
    child.start();
    return child;
  }

  /** Where state is, in words. */
  get #where(): string {
    return this.#settings.dataDir === undefined ? "in memory" : "kept";
  }

  async #tables(dynamodb: Child | undefined): Promise<void> {
    const { dynamodbEndpoint: endpoint, region } = this.#settings;
    await dynamodb?.listening();
    const created = await createTables(this.#configuration, { endpoint, region }).catch((cause: unknown) => {
      if (dynamodb !== undefined) throw cause;
      throw new Misconfigured(
        `DYNAMODB_ENDPOINT is ${endpoint}, but no DynamoDB engine answers there: ${cause}`,
      );
    });
    const where = dynamodb === undefined ? "as given" : this.#where;
    this.#say(`DynamoDB       ${endpoint} (${where}; ${created.length} tables created)`);
  }

  async #queues(sqs: Child): Promise<void> {
    const { region } = this.#settings;
    const endpoint = endpointsOf(this.#settings).sqs;
    await sqs.listening();
    const created = await createQueues(this.#configuration, { endpoint, region });
    this.#say(`SQS            ${endpoint} (${this.#where}; ${created.length} queues created)`);
  }

  async #answered(): Promise<void> {
    const url = `${endpointsOf(this.#settings).http}/api/markets`;
    let last = "no answer";
    const look = async () => {
      try {
        const answer = await fetch(url);
        if (answer.ok) return true;
        last = `${answer.status} ${await answer.text()}`;
      } catch (cause) {
        last = String(cause);
      }
      return undefined;
    };
    const isUp = await until(look, { forMs: FIRST_ANSWER_AT_MOST_MS, everyMs: 50 });
    if (isUp === undefined) throw new Error(`GET ${url} does not answer: ${last.slice(0, 500)}`);
  }

  #onEvent(child: Child, event: ChildEvent): void {
    if (this.#stopping !== undefined) return;
    const { name } = child.spec;
    const isInMemory = this.#settings.dataDir === undefined;
    const giveUp = (reason: string): void =>
      this.onHopeless(`${reason}\nIts log, ${child.logPath}, ends with:\n${child.lastWords()}`);
    if (event.kind === "started") this.#record();
    else if (event.kind === "hopeless") giveUp(`${name} ends again and again (${event.how}).`);
    else if (!this.#ready) giveUp(`${name} ended before the stack was ready (${event.how}).`);
    else if (name === "dynamodb" && isInMemory)
      giveUp(`dynamodb ended (${event.how}), and with it all state, which was in memory. DATA_DIR keeps it.`);
    else {
      this.#say(`${name} ended (${event.how}); starting it again in ${event.pauseMs} ms`);
      if (name !== "sqs" || !isInMemory) return;
      // Queues in memory are gone with their process. Commands lost with them are voided by the sweeper.
      const again = sleep(1_000).then(() => this.#queues(child));
      again.catch((cause) => giveUp(`the queues could not be created again: ${cause}`));
    }
  }

  /** The API first, so that nothing new comes in; the engines last. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  async #stopInOrder(): Promise<void> {
    clearInterval(this.#logKeeper);
    for (const name of STOP_ORDER) await this.#children.find(({ spec }) => spec.name === name)?.stop();
    this.#clearAway();
  }

  kill(): void {
    for (const child of this.#children) child.kill();
    this.#clearAway();
  }

  #clearAway(): void {
    removeRecord(recordPaths(this.#settings));
    removeTemporaryDir(this.#settings);
  }

  /** Tells other scripts what runs. */
  #record(): void {
    const { prefix } = this.#configuration;
    try {
      writeRecord(this.#settings, { prefix, isReady: this.#ready, children: this.#children });
    } catch (cause) {
      // A full disk is no reason for the supervisor to fall, and to leave the children alone.
      this.#say(`the record of this stack cannot be written: ${cause}`);
    }
  }
}
