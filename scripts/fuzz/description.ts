/** The exchange's OpenAPI description, read as what may be asked and what may be answered. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly examples?: readonly Json[];
  readonly default?: Json;
  readonly [keyword: string]: unknown;
};

export type Parameter = { readonly name: string; readonly isRequired: boolean; readonly schema: Schema };

export type Operation = {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly needs: "nobody" | "user" | "admin";
  readonly query: readonly Parameter[];
  readonly pathParameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly takesKey: boolean;
  /** The schema of each answer, by status; undefined where an answer has no body. */
  readonly answers: ReadonlyMap<number, Schema | undefined>;
};

export type Description = {
  readonly operations: readonly Operation[];
  readonly components: { readonly schemas: { readonly [name: string]: Schema } };
  /** Every code, with the status that it comes with. */
  readonly codes: ReadonlyMap<string, number>;
};

type Content = { readonly content?: { readonly "application/json"?: { readonly schema: Schema } } };
type Described = {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly parameters: readonly {
    readonly $ref?: string;
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: { readonly [status: string]: Content };
};
type Served = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Described } };
  readonly components: Description["components"];
};

export async function readDescription(url: string): Promise<Description> {
  const answer = await fetch(`${url}/api/openapi.json`);
  if (!answer.ok) throw new Error(`${url}/api/openapi.json answers ${answer.status}`);
  const { paths, components } = (await answer.json()) as Served;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) =>
      operationOf(`${method.toUpperCase()} ${path}`, described),
    ),
  );
  const codes = new Map(
    operations.flatMap(({ answers }) =>
      [...answers].flatMap(([status, schema]) => codesOf(schema).map((code) => [code, status] as const)),
    ),
  );
  return { operations, components, codes };
}

function operationOf(line: string, described: Described): Operation {
  const [method = "", path = ""] = line.split(" ");
  const named = described.parameters.filter(({ $ref }) => $ref === undefined);
  const among = (place: string): Parameter[] =>
    named
      .filter((parameter) => parameter.in === place)
      .map(({ name, required, schema }) => ({ name, isRequired: required, schema }));
  return {
    id: described.operationId,
    method,
    path,
    needs: described.security.length === 0 ? "nobody" : path.startsWith("/api/admin/") ? "admin" : "user",
    query: among("query"),
    pathParameters: among("path"),
    body: described.requestBody?.content?.["application/json"]?.schema,
    takesKey: described.parameters.some(({ $ref }) => $ref?.endsWith("/IdempotencyKey") === true),
    answers: new Map(
      Object.entries(described.responses).map(([status, { content }]) => [
        Number(status),
        content?.["application/json"]?.schema,
      ]),
    ),
  };
}

/** The codes that an answer's schema names, where it is one of an error. */
function codesOf(schema: Schema | undefined): readonly string[] {
  const parts = (schema?.allOf ?? []) as readonly Schema[];
  return parts.flatMap(({ properties }) => properties?.code?.enum ?? []);
}

/** The schema that a reference means, or the schema itself. */
export function resolved(schema: Schema, { components }: Pick<Description, "components">): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (components.schemas[name] ?? schema);
}
