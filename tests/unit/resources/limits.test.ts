import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { loadConfiguration, objectFrom } from "../../../scripts/local/configuration.ts";
import { computedResources } from "../../support/resource-count.ts";

const configuration = loadConfiguration("dev");
const { functions } = configuration;

/** CloudFormation takes 500; the stack is to be split before it comes near. */
const RESOURCES_AT_MOST = 450;
describe("limits > the stack stays within AWS's", () => {
  it(`has fewer than ${RESOURCES_AT_MOST} resources`, () => {
    // tests/integration/stack-package.test.ts compares this count with a real package.
    expect(computedResources(configuration)).toBeGreaterThan(200);
    expect(computedResources(configuration)).toBeLessThan(RESOURCES_AT_MOST);
  });

  it("has fewer than 300 routes", () => {
    const routes = Object.values(functions).flatMap(({ events }) =>
      events.filter((event) => event.httpApi !== undefined),
    );
    expect(routes.length).toBeLessThan(300);
  });

  it("answers within the API's 30 seconds", () => {
    const slow = Object.entries(functions).filter(
      ([, { events, timeoutSeconds }]) =>
        timeoutSeconds >= 30 && events.some((event) => event.httpApi !== undefined),
    );
    expect(slow.map(([key]) => key)).toEqual([]);
  });
});

const { throttling, THROTTLING } = createRequire(import.meta.url)("../../../resources/limits.cjs");

describe("limits > a flood does not stop a market", () => {
  const reserved = Object.entries(functions).flatMap(([key, { reservedConcurrency }]) =>
    reservedConcurrency === undefined ? [] : [[key, reservedConcurrency] as const],
  );

  it("places are reserved for whatever matches, projects and sweeps", () => {
    const keys = reserved.map(([key]) => key);
    expect(keys).toEqual(
      expect.arrayContaining(Object.keys(functions).filter((key) => key.startsWith("workers"))),
    );
  });

  it("a matcher's event source finds as many places as it may use", () => {
    for (const { events, reservedConcurrency } of Object.values(functions)) {
      for (const { sqs } of events) {
        if (sqs === undefined) continue;
        expect(objectFrom(sqs).maximumConcurrency).toBe(reservedConcurrency);
        expect(reservedConcurrency).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it("what costs a password's hash is capped", () => {
    expect(Object.fromEntries(reserved)).toMatchObject({ authLogin: 100, authRegister: 100 });
  });

  it("leaves most of the 1,000 places of an account to all other functions", () => {
    expect(reserved.reduce((sum, [, places]) => sum + places, 0)).toBeLessThanOrEqual(250);
  });

  it("throttles routes that there are, for the stage's settings may name no other", () => {
    const routes = Object.values(functions).flatMap(({ events }) => events.map(({ httpApi }) => httpApi));
    for (const route of Object.keys(THROTTLING.routes)) expect(routes).toContain(route);
    expect(throttling.extensions.HttpApiStage.DependsOn).toEqual([
      "HttpApiRoutePostApiAuthLogin",
      "HttpApiRoutePostApiAuthRegister",
      "HttpApiRouteGetApiMarketsMarketVarOrderbook",
      "HttpApiRouteGetApiMarketsMarketVarTrades",
      "HttpApiRouteGetApiAdminReconciliation",
    ]);
  });
});
