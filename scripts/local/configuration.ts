import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, type ScalarTag } from "yaml";

/**
 * What serverless.yml, serverless.data.yml and the files under resources/ say, without Serverless: the local stack creates its tables and queues, and learns
 * its event sources, from the very files that are deployed.
 */
export const PROJECT_ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where serverless.yml deploys to when nobody says otherwise; a test compares the two. */
export const DEFAULT_REGION = "eu-central-1";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export type Resource = { readonly Type: string; readonly Properties: JsonObject } & JsonObject;

export type FunctionDefinition = ReturnType<typeof definitionFrom>;
export type Configuration = ReturnType<typeof loadConfiguration>;

const require = createRequire(import.meta.url);

export function loadConfiguration(stage: string) {
  const house = objectFrom(parseYaml("serverless.yml"));
  const kept = objectFrom(parseYaml("serverless.data.yml"));
  const service = textFrom(house.service);
  const variables: Variables = { service, stage };
  const provider = objectFrom(house.provider);
  const prefix = `${service}-${stage}`;
  const functions = included(house.functions, variables).map(([key, value]) => {
    const definition = { timeout: provider.timeout ?? null, ...objectFrom(value) };
    return [key, definitionFrom(`${prefix}-${key}`, definition)] as const;
  });
  const exchange = sections(included(house.resources, variables));
  const params = objectFrom(objectFrom(kept.params).default);
  const data = sections(included(kept.resources, { ...variables, params }));
  const exports = Object.values(data.Outputs).map((output) => {
    const { Export, Value } = objectFrom(output);
    return [textFrom(objectFrom(Export).Name), Value as Json] as const;
  });
  return {
    service,
    stage,
    /** What all names of tables, queues and functions begin with. */
    prefix,
    functions: Object.fromEntries(functions),
    /** Of both stacks. */
    resources: { ...resourcesOf(exchange), ...resourcesOf(data) },
    /** Those of them that are kept, in the data's stack. */
    data: resourcesOf(data),
    /** What the data's stack exports, as it says it. */
    exports: Object.fromEntries(exports),
    /** What the stack is given when it is deployed. */
    parameters: exchange.Parameters,
  };
}

function definitionFrom(named: string, definition: JsonObject) {
  const { reservedConcurrency } = definition;
  return {
    name: textFrom(definition.name ?? named),
    handler: textFrom(definition.handler),
    role: textFrom(definition.role ?? ""),
    timeoutSeconds: Number(definition.timeout),
    reservedConcurrency: reservedConcurrency === undefined ? undefined : Number(reservedConcurrency),
    environment: objectFrom(definition.environment ?? {}),
    events: listFrom(definition.events ?? []).map(objectFrom),
  };
}

type Sections = {
  readonly Resources: JsonObject;
  readonly Parameters: JsonObject;
  readonly Outputs: JsonObject;
};

function sections(found: readonly (readonly [string, Json])[]): Sections {
  const all: { [section: string]: JsonObject } = {
    Resources: {},
    Parameters: {},
    Outputs: {},
    // Of what Serverless makes by itself, which is only there once it has run.
    extensions: {},
  };
  for (const [section, value] of found) {
    if (!(section in all)) throw new Error(`resources/ holds an unexpected section: ${section}`);
    all[section] = { ...all[section], ...objectFrom(value) };
  }
  return all as Sections;
}

function resourcesOf({ Resources }: Sections): { readonly [logicalId: string]: Resource } {
  return Resources as { readonly [logicalId: string]: Resource };
}

/**
 * The resource that an ARN is of: one that stands in the same stack, one that the data's stack exports, or a queue by its name.
 */
export function resourceOf(arn: Json | undefined, configuration: Configuration): Resource | undefined {
  const { resources, exports } = configuration;
  const { "Fn::GetAtt": attribute, "Fn::ImportValue": imported, "Fn::Join": joined } = objectFrom(arn);
  if (attribute !== undefined) return resources[textFrom(listFrom(attribute)[0])];
  if (imported !== undefined) return resourceOf(exports[textFrom(imported)], configuration);
  const name = listFrom(listFrom(joined)[1]).at(-1);
  return Object.values(resources).find(({ Properties }) => Properties.QueueName === name);
}

type Variables = { readonly service: string; readonly stage: string; readonly params?: JsonObject };

/** The members of a list of includes, one after the other. */
function included(list: Json | undefined, variables: Variables): readonly (readonly [string, Json])[] {
  return listFrom(list).flatMap((include) => Object.entries(objectFrom(resolve(include, variables))));
}

const INCLUDE = /^\$\{file\(([^)]+)\)(?::(\w+))?\}$/;
const PARAM = /^\$\{param:(\w+)\}$/;
const NAMES = /\$\{(self:service|sls:stage)\}/g;

function resolve(value: Json, variables: Variables): Json {
  return JSON.parse(JSON.stringify(value), (_, member: Json) => {
    if (typeof member !== "string") return member;
    const [, path, part] = INCLUDE.exec(member) ?? [];
    if (path !== undefined) return resolve(fileOrPart(path, part), variables);
    const [, param = ""] = PARAM.exec(member) ?? [];
    const given = variables.params?.[param];
    if (given !== undefined) return given;
    return member.replaceAll(NAMES, (_, name) => variables[name === "self:service" ? "service" : "stage"]);
  });
}

function fileOrPart(path: string, part: string | undefined): Json {
  if (path.endsWith(".yml")) return parseYaml(path);
  const module: JsonObject = require(join(PROJECT_ROOT, path));
  const member = part === undefined ? module : module[part];
  if (member === undefined) throw new Error(`${path} has no part ${part}`);
  return member;
}

function parseYaml(path: string): Json {
  return parse(readFileSync(join(PROJECT_ROOT, path), "utf8"), { customTags: INTRINSICS });
}

const INTRINSICS: ScalarTag[] = [
  { tag: "!Ref", resolve: (text) => ({ Ref: text }) },
  { tag: "!Sub", resolve: (text) => ({ "Fn::Sub": text }) },
  { tag: "!GetAtt", resolve: (text) => ({ "Fn::GetAtt": text.split(".") }) },
];

export function objectFrom(value: Json | undefined): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Error(`expected an object, found ${JSON.stringify(value)}`);
  }
  return value as JsonObject;
}

export function listFrom(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, found ${JSON.stringify(value)}`);
  return value;
}

export function textFrom(value: Json | undefined): string {
  if (typeof value !== "string") throw new Error(`expected text, found ${JSON.stringify(value)}`);
  return value;
}
