import * as z from "zod/mini";
import { HEADERS, INTRODUCTION, PARAMETERS } from "./openapi-texts.ts";
import type { Code } from "./refusal.ts";
import { type Route, refusalsOf } from "./route.ts";
import { errorAnswer } from "./shapes.ts";

/** Builds the OpenAPI 3.1 description from the very schemas that the endpoints parse with. */

type Json = { [name: string]: unknown };
type PublicAnswers = {
  readonly [code in Code]: {
    readonly status: number;
    readonly text: string;
    readonly retryAfterSeconds?: number;
  };
};
type Modules = { readonly [module: string]: readonly Route[] };

const SCHEMAS = "#/components/schemas/";

export function openApi(modules: Modules, answers: PublicAnswers): Json {
  const routes = Object.values(modules).flat();
  const given = schemasOf("input", Object.fromEntries(routes.flatMap(requestSchemas)));
  const made = schemasOf("output", {
    ...Object.fromEntries(routes.flatMap(answerSchemas)),
    Error: errorAnswer,
  });
  const paths: { [path: string]: Json } = {};
  for (const [module, members] of Object.entries(modules)) {
    for (const route of members) {
      const described = operation(route, {
        module,
        given: given.roots,
        made: made.roots,
        answers,
      });
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: described };
    }
  }
  return {
    openapi: "3.1.0",
    info: { title: "CEX Pilot", version: "1.0.0", description: INTRODUCTION },
    servers: [{ url: "/" }],
    tags: Object.keys(modules).map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...made.shared, ...given.shared },
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      parameters: PARAMETERS,
      headers: HEADERS,
    },
  };
}

type Schemas = { readonly [name: string]: z.ZodMiniType };

function requestSchemas(route: Route): [string, z.ZodMiniType][] {
  const { id, params, query, body } = route;
  return Object.entries({ params, query, body }).flatMap(([part, schema]) =>
    schema === undefined ? [] : [[`${id}.${part}`, schema]],
  );
}

function answerSchemas(route: Route): [string, z.ZodMiniType][] {
  return Object.entries(route.answers).flatMap(([status, schema]) =>
    schema === null ? [] : [[`${route.id}.${status}`, schema]],
  );
}

/** Converts all schemas at once, so that shapes with an id of their own become components that the others refer to. */
function schemasOf(
  io: "input" | "output",
  schemas: Schemas,
): { readonly roots: Json; readonly shared: Json } {
  const whole = z.toJSONSchema(z.object(schemas), {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      delete jsonSchema.id;
      // Zod leaves out the default of what it transforms, since it is the output's; here it is the documented input's.
      const otherwise = z.globalRegistry.get(zodSchema)?.default;
      if (otherwise !== undefined) jsonSchema.default = otherwise as typeof jsonSchema.default;
      // Answers may grow fields; only requests are closed.
      if (io === "output" && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  const moved = JSON.parse(JSON.stringify(whole).replaceAll('"#/$defs/', `"${SCHEMAS}`)) as {
    properties: Json;
    $defs?: Json;
  };
  return { roots: moved.properties, shared: moved.$defs ?? {} };
}

type Parts = {
  readonly module: string;
  readonly given: Json;
  readonly made: Json;
  readonly answers: PublicAnswers;
};

function operation(route: Route, { module, given, made, answers }: Parts): Json {
  const { id, summary, description, auth, body } = route;
  return {
    operationId: id,
    tags: [module],
    summary,
    ...(description === undefined ? {} : { description }),
    security: auth === "none" ? [] : [{ bearer: [] }],
    parameters: parametersOf(route, given),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { "application/json": { schema: given[`${id}.body`] } } },
        }),
    responses: { ...successes(route, made), ...failures(route, answers) },
  };
}

function parametersOf(route: Route, given: Json): unknown[] {
  const named = (["path", "query"] as const).flatMap((place) => {
    const schema = given[`${route.id}.${place === "path" ? "params" : "query"}`] as
      | { properties: { [name: string]: Json }; required?: string[] }
      | undefined;
    return Object.entries(schema?.properties ?? {}).map(([name, { description, ...rest }]) => ({
      name,
      in: place,
      required: place === "path" || (schema?.required ?? []).includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }));
  });
  const headers = [
    ...(route.idempotency === undefined ? [] : ["IdempotencyKey"]),
    ...(route.waits === undefined ? [] : ["Prefer"]),
    "CorrelationId",
  ];
  return [...named, ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` }))];
}

const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
const IDS = { "X-Request-Id": header("RequestId"), "X-Correlation-Id": header("CorrelationId") };

function successes(route: Route, made: Json): Json {
  const headers = {
    ...IDS,
    ...(route.idempotency === undefined ? {} : { "Idempotency-Replayed": header("Replayed") }),
    ...(route.maxAgeSeconds === undefined ? {} : { "Cache-Control": header("CacheControl") }),
  };
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, schema]) => [
      status,
      {
        description: DESCRIPTIONS[status] ?? "Success",
        headers,
        ...(schema === null
          ? {}
          : { content: { "application/json": { schema: made[`${route.id}.${status}`] } } }),
      },
    ]),
  );
}

const DESCRIPTIONS: { readonly [status: string]: string } = {
  200: "Done",
  201: "Made",
  202: "Accepted; it takes effect a moment later",
  204: "Done",
};

/** One answer for each status, naming all codes that come with it. */
function failures(route: Route, answers: PublicAnswers): Json {
  const byStatus = Object.groupBy(refusalsOf(route), (code) => String(answers[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${answers[code].text}`).join("\n\n"),
        headers: codes.some((code) => answers[code].retryAfterSeconds !== undefined)
          ? { ...IDS, "Retry-After": header("RetryAfter") }
          : IDS,
        content: {
          "application/json": {
            schema: { allOf: [{ $ref: `${SCHEMAS}Error` }, { properties: { code: { enum: codes } } }] },
          },
        },
      },
    ]),
  );
}
