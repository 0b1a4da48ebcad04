import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listFrom, loadConfiguration, objectFrom, textFrom } from "../../scripts/local/configuration.ts";
import { LOCAL_STAGE } from "../../scripts/local/settings.ts";
import { type Asked, askedBy } from "../support/aws-calls/actions.ts";
import { driveEverything } from "../support/aws-calls/drive.ts";
import { allows, askedOnAws, grantsOf } from "../support/aws-calls/grants.ts";
import type { RecordedCall } from "../support/aws-calls/record.ts";
import { type Stack, startStack } from "../support/stack.ts";

const configuration = loadConfiguration(LOCAL_STAGE);
const definitions = Object.entries(configuration.functions);
const directory = mkdtempSync(join(tmpdir(), "cex-pilot-calls-"));
const file = join(directory, "calls.jsonl");
const recorder = fileURLToPath(new URL("../support/aws-calls/record.ts", import.meta.url));

let stack: Stack;
/** Rights that functions were seen to need, by the key of the function. */
const asked = new Map<string, readonly Asked[]>();

beforeAll(async () => {
  process.env.RECORDED_CALLS = file;
  await import("../support/aws-calls/record.ts");
  stack = await startStack({ env: { NODE_OPTIONS: `--import=${recorder}`, RECORDED_CALLS: file } });
  await driveEverything(stack);
  for (const line of readFileSync(file, "utf8").trim().split("\n")) {
    const call = JSON.parse(line) as RecordedCall;
    const key = functionOf(call.by);
    if (key !== undefined) asked.set(key, [...(asked.get(key) ?? []), ...askedBy(call)]);
  }
}, 240_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(directory, { recursive: true });
});

/** The function that serves a call, or that has this key; undefined for programs that are none. */
function functionOf(by: string): string | undefined {
  if (by in configuration.functions) return by;
  const routes = definitions.flatMap(([key, { events }]) =>
    events.flatMap(({ httpApi }) => (typeof httpApi === "string" ? [{ key, route: httpApi }] : [])),
  );
  const [method, path = ""] = by.split(" ");
  const fits = ({ route }: { route: string }): boolean => {
    const [routeMethod, routePath = ""] = route.split(" ");
    const pattern = routePath.replaceAll(/\{\w+\}/g, "[^/]+");
    return method === routeMethod && new RegExp(`^${pattern}$`).test(path);
  };
  return routes.toSorted((a, b) => a.route.split("{").length - b.route.split("{").length).find(fits)?.key;
}

const roles = [...new Set(definitions.map(([, { role }]) => role))];
const text = ({ action, resource }: Pick<Asked, "action" | "resource">): string => `${action} on ${resource}`;

/** All that the functions of a role need. Matchers differ by their market only, so what one does each may. */
function neededBy(role: string): readonly Asked[] {
  return definitions
    .filter(([, definition]) => definition.role === role)
    .flatMap(([key, definition]) => [...(asked.get(key) ?? []), ...askedOnAws(definition, configuration)]);
}

/** A right on one market's queue is one on each. */
const anyMarket = (resource: string): string => resource.replace(/-[A-Z]+-[A-Z]+\.fifo$/, "-MARKET.fifo");

describe("roles > functions may do what they do, and nothing else", () => {
  for (const role of roles) {
    it(`${role} has every right that its functions were seen to need`, () => {
      const grants = grantsOf(role, configuration);
      const lacking = neededBy(role).filter((needed) => !grants.some((grant) => allows(grant, needed)));
      expect([...new Set(lacking.map(text))]).toEqual([]);
    });

    it(`${role} has no right that none of its functions ever uses`, () => {
      const used = neededBy(role).map((needed) => ({ ...needed, resource: anyMarket(needed.resource) }));
      const idle = grantsOf(role, configuration)
        .map((grant) => ({ ...grant, resource: anyMarket(grant.resource) }))
        .filter((grant) => !used.some((needed) => allows(grant, needed)));
      expect([...new Set(idle.map(text))]).toEqual([]);
    });
  }

  it("was seen of every function that calls anything", () => {
    const silent = definitions.filter(([key]) => !asked.has(key)).map(([key]) => key);
    expect(silent.toSorted()).toEqual(["docsNotFound", "docsOpenapi"]);
  });
});

type Written = {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Record<string, string>;
};

/** Every metric that the stack's functions have written to their logs, in CloudWatch's embedded format. */
function metricsWritten(): readonly Written[] {
  const { logDir } = stack.record();
  const lines = readdirSync(logDir).flatMap((name) => readFileSync(join(logDir, name), "utf8").split("\n"));
  return lines
    .filter((line) => line.includes('"CloudWatchMetrics"'))
    .flatMap((line) => {
      const { _aws, ...values } = JSON.parse(line);
      return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: Emf) =>
        Metrics.map(({ Name }) => ({
          namespace: Namespace,
          name: Name,
          dimensions: Object.fromEntries((Dimensions[0] ?? []).map((each) => [each, values[each]])),
        })),
      );
    });
}

type Emf = {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
};

describe("alarms > on what functions measure themselves", () => {
  const ours = Object.entries(configuration.resources).filter(
    ([, { Type, Properties }]) =>
      Type === "AWS::CloudWatch::Alarm" && Properties.Namespace === configuration.prefix,
  );
  const markets = Object.values(configuration.data).flatMap(({ Properties: { QueueName } }) =>
    QueueName === undefined
      ? []
      : [textFrom(QueueName).slice(configuration.prefix.length + 1, -".fifo".length)],
  );

  it("there are four for each market", () => {
    expect(ours).toHaveLength(4 * markets.length);
  });

  it.each(ours)("%s > the metric is written under that name, with these dimensions", (_, { Properties }) => {
    const wanted = Object.fromEntries(
      listFrom(Properties.Dimensions).map((dimension) => {
        const { Name, Value } = objectFrom(dimension);
        return [textFrom(Name), textFrom(Value)];
      }),
    );
    expect(markets).toContain(wanted.market);
    // What goes wrong in one market goes wrong in another in the same words.
    const written = metricsWritten().filter(
      ({ namespace, name }) => namespace === Properties.Namespace && name === Properties.MetricName,
    );
    const inWords = written.map(({ dimensions }) => ({ ...dimensions, market: wanted.market }));
    expect(inWords).toContainEqual(wanted);
    for (const { dimensions } of written) expect(markets).toContain(dimensions.market);
  });
});
