import { describe, expect, it } from "vitest";
import { loadConfiguration } from "../../../scripts/local/configuration.ts";
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
