import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { isIntrinsic, type Template, type TemplateResource } from "./template.ts";

type Database = ReturnType<typeof loadAwsServiceSpecSync>;
type PropertyType =
  | { readonly type: "array" | "map"; readonly element: PropertyType }
  | { readonly type: "union"; readonly types: readonly PropertyType[] }
  | { readonly type: "ref"; readonly reference: { readonly $ref: string } }
  | {
      readonly type: "string" | "number" | "integer" | "boolean" | "json" | "date-time" | "null" | "tag";
      readonly allowedValues?: readonly (string | number)[];
    };
type Properties = {
  readonly [name: string]: {
    readonly type: PropertyType;
    readonly required?: boolean;
    readonly previousTypes?: readonly PropertyType[];
  };
};

const PSEUDO = /^AWS::(Region|AccountId|Partition|StackName|StackId|URLSuffix|NoValue|NotificationARNs)$/;

/** What a template says that AWS's own definitions of resources do not know: faults in words, each with its place. */
export function definitionFaults(template: Template, database = loadAwsServiceSpecSync()): readonly string[] {
  const check = new Definitions(database, template);
  return Object.entries(template.Resources).flatMap(([id, resource]) => check.resource(id, resource));
}

class Definitions {
  readonly #database: Database;
  readonly #template: Template;

  constructor(database: Database, template: Template) {
    this.#database = database;
    this.#template = template;
  }

  resource(id: string, { Type, Properties = {} }: TemplateResource): readonly string[] {
    const properties = this.#definitionOf(Type)?.properties;
    if (properties === undefined) return [`${id}: there is no resource type ${Type}`];
    return this.#object(id, Properties, properties);
  }

  #definitionOf(type: string) {
    const [definition] = this.#database.lookup("resource", "cloudFormationType", "equals", type);
    return definition as
      | { readonly properties: Properties; readonly attributes: Record<string, unknown> }
      | undefined;
  }

  #object(place: string, value: unknown, properties: Properties): readonly string[] {
    if (isIntrinsic(value)) return this.#intrinsic(place, value);
    if (value === null || typeof value !== "object" || Array.isArray(value))
      return [`${place} is to be an object, not ${shown(value)}`];
    const missing = Object.entries(properties).filter(
      ([name, { required }]) => required === true && !(name in value),
    );
    return [
      ...missing.map(([name]) => `${place} lacks ${name}`),
      ...Object.entries(value).flatMap(([name, member]) => {
        const definition = properties[name];
        if (definition === undefined) return [`${place} has no property ${name}`];
        return this.#anyOf(`${place}.${name}`, member, [
          definition.type,
          ...(definition.previousTypes ?? []),
        ]);
      }),
    ];
  }

  /** The faults by the type that fits best; none where one fits. */
  #anyOf(place: string, value: unknown, types: readonly PropertyType[]): readonly string[] {
    // Some definitions have a loose form beside the exact one, which would let everything pass.
    const all = types.flatMap((type) => (type.type === "union" ? type.types : [type]));
    const exact = all.filter(({ type }) => type !== "json");
    const isStructured = exact.some(({ type }) => type === "array" || type === "map" || type === "ref");
    let fewest: readonly string[] | undefined;
    for (const type of isStructured ? exact : all) {
      const faults = this.#typed(place, value, type);
      if (fewest === undefined || faults.length < fewest.length) fewest = faults;
    }
    return fewest ?? [];
  }

  #typed(place: string, value: unknown, type: PropertyType): readonly string[] {
    if (isIntrinsic(value)) return this.#intrinsic(place, value);
    switch (type.type) {
      case "union":
        return this.#anyOf(place, value, type.types);
      case "array":
        if (!Array.isArray(value)) return [`${place} is to be a list, not ${shown(value)}`];
        return value.flatMap((member, index) => this.#typed(`${place}[${index}]`, member, type.element));
      case "map":
        if (value === null || typeof value !== "object" || Array.isArray(value))
          return [`${place} is to be an object, not ${shown(value)}`];
        return Object.entries(value).flatMap(([name, member]) =>
          this.#typed(`${place}.${name}`, member, type.element),
        );
      case "ref": {
        const definition = this.#database.get("typeDefinition", type.reference.$ref);
        return this.#object(place, value, definition.properties as Properties);
      }
      case "tag":
        return this.#object(place, value, {
          Key: { type: { type: "string" }, required: true },
          Value: { type: { type: "string" }, required: true },
        });
      case "json":
      case "null":
        return [];
      default:
        return isOfPrimitive(value, type.type) && isAllowed(value, type.allowedValues)
          ? []
          : [`${place} is to be ${wanted(type)}, not ${shown(value)}`];
    }
  }

  /** What a template refers to stands in it, and has the attribute that is asked for. */
  #intrinsic(place: string, value: { readonly [name: string]: unknown }): readonly string[] {
    const { Resources, Parameters = {} } = this.#template;
    if (typeof value.Ref === "string") {
      const isKnown = value.Ref in Resources || value.Ref in Parameters || PSEUDO.test(value.Ref);
      return isKnown ? [] : [`${place} refers to ${value.Ref}, which there is not`];
    }
    const attribute = value["Fn::GetAtt"];
    if (Array.isArray(attribute)) {
      const [id, name] = attribute.map(String);
      const resource = Resources[id ?? ""];
      if (resource === undefined) return [`${place} refers to ${id}, which there is not`];
      const attributes = this.#definitionOf(resource.Type)?.attributes ?? {};
      return (name ?? "") in attributes || name === "QueueName"
        ? []
        : [`${place} asks for ${id}.${name}, which ${resource.Type} has not`];
    }
    return Object.values(value).flatMap((argument) =>
      (Array.isArray(argument) ? argument.flat() : [argument])
        .filter(isIntrinsic)
        .flatMap((inner) => this.#intrinsic(place, inner)),
    );
  }
}

/** CloudFormation reads texts that are a number or a boolean as such, and writes numbers where text is wanted. */
function isOfPrimitive(value: unknown, type: string): boolean {
  switch (type) {
    case "boolean":
      return typeof value === "boolean" || value === "true" || value === "false";
    case "integer":
      return Number.isInteger(numberOf(value));
    case "number":
      return Number.isFinite(numberOf(value));
    default:
      return typeof value === "string";
  }
}

function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

function isAllowed(value: unknown, allowed: readonly (string | number)[] | undefined): boolean {
  return allowed === undefined || allowed.some((each) => String(each) === String(value));
}

function wanted({
  type,
  allowedValues,
}: {
  type: string;
  allowedValues?: readonly (string | number)[];
}): string {
  return allowedValues === undefined ? `a ${type}` : `one of ${allowedValues.join(", ")}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "nothing";
}
