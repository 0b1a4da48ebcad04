import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROUTES } from "../../../lib/contract/routes.ts";
import {
  DEFAULT_REGION,
  type FunctionDefinition,
  loadConfiguration,
  PROJECT_ROOT,
} from "../../../scripts/local/configuration.ts";

const { functions } = loadConfiguration("dev");
const definitions = Object.entries(functions);
const CATCH_ALL = "*";

function routesOf({ events }: FunctionDefinition): readonly string[] {
  return events.map((event) => event.httpApi).filter((route) => typeof route === "string");
}

function moduleOf({ handler }: FunctionDefinition): string {
  return handler.split("/")[1] ?? "";
}

describe("functions > what is deployed", () => {
  it("has a handler file for every function", () => {
    const missing = definitions.filter(
      ([, { handler }]) => !existsSync(join(PROJECT_ROOT, handler.replace(/\.handler$/, ".ts"))),
    );
    expect(missing.map(([key]) => key)).toEqual([]);
  });

  it("has a function for every handler file", () => {
    const wired = new Set(definitions.map(([, { handler }]) => handler.replace(/\.handler$/, ".ts")));
    const files = readdirSync(join(PROJECT_ROOT, "functions"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `functions/${file}`);
    expect(files.filter((file) => !wired.has(file))).toEqual([]);
  });

  it("names each function after its module and file", () => {
    const misnamed = definitions.filter(([key, definition]) => {
      const [, module = "", file = ""] = definition.handler.replace(/\.handler$/, "").split("/");
      const expected =
        module +
        file
          .split("-")
          .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
          .join("");
      return key !== expected && !key.startsWith("workersMatch");
    });
    expect(misnamed.map(([key]) => key)).toEqual([]);
  });

  it("is deployed where the programs look for it when nobody names a region", () => {
    const house = readFileSync(join(PROJECT_ROOT, "serverless.yml"), "utf8");
    expect(house).toContain(`region: \${opt:region, env:AWS_REGION, '${DEFAULT_REGION}'}`);
  });

  it("wakes every function by some event", () => {
    expect(definitions.filter(([, { events }]) => events.length === 0).map(([key]) => key)).toEqual([]);
  });
});

describe("routes > what is deployed is what the contract says", () => {
  for (const [module, routes] of Object.entries(ROUTES)) {
    it(`serves the calls of ${module}, and no others`, () => {
      const deployed = definitions
        .filter(([, definition]) => moduleOf(definition) === module)
        .flatMap(([, definition]) => routesOf(definition))
        .filter((route) => route !== CATCH_ALL);
      expect(deployed.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
    });
  }

  it("serves no module that the contract does not know", () => {
    const modules = definitions
      .filter(([, definition]) => routesOf(definition).length > 0)
      .map(([, definition]) => moduleOf(definition));
    expect([...new Set(modules)].toSorted()).toEqual(Object.keys(ROUTES).toSorted());
  });

  it("answers everything else from one function", () => {
    const catchers = definitions.filter(([, definition]) => routesOf(definition).includes(CATCH_ALL));
    expect(catchers.map(([key]) => key)).toEqual(["docsNotFound"]);
  });

  it("gives the keys that verify tokens to every call that asks for one, to refresh, and to nobody else", () => {
    const asking = Object.values(ROUTES)
      .flat()
      .filter(({ auth, id }) => auth !== "none" || id === "refresh")
      .map(({ method, path }) => `${method} ${path}`);
    const given = definitions.filter(([, { environment }]) => "JWT_PUBLIC_KEYS" in environment);
    expect(given.flatMap(([, definition]) => routesOf(definition)).toSorted()).toEqual(asking.toSorted());
    expect(given.filter(([, definition]) => routesOf(definition).length === 0)).toEqual([]);
  });

  it("has each route once", () => {
    const all = definitions.flatMap(([, definition]) => routesOf(definition));
    expect(all.toSorted()).toEqual([...new Set(all)].toSorted());
  });
});
