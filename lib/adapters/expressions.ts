import type { Condition, Value, Write } from "../store/store.ts";

/** The store's neutral writes as DynamoDB expressions. */

export type Expression = {
  readonly names: Record<string, string>;
  readonly values: Record<string, Value>;
  readonly condition?: string;
  readonly update?: string;
};

const COMPARATORS = {
  equal: "=",
  not_equal: "<>",
  below: "<",
  at_most: "<=",
  above: ">",
  at_least: ">=",
} as const;

export function expressionOf(write: Write): Expression {
  const names: Record<string, string> = {};
  const values: Record<string, Value> = {};
  const known = new Map<string, string>();
  const name = (attribute: string): string => {
    const existing = known.get(attribute);
    if (existing !== undefined) return existing;
    const token = `#n${known.size}`;
    known.set(attribute, token);
    names[token] = attribute;
    return token;
  };
  const value = (given: Value): string => {
    const token = `:v${Object.keys(values).length}`;
    values[token] = given;
    return token;
  };
  const condition = (write.when ?? []).map((term) => conditionText(term, name, value)).join(" AND ");
  const update = write.kind === "update" ? updateText(write, name, value) : "";
  return {
    names,
    values,
    ...(condition === "" ? {} : { condition }),
    ...(update === "" ? {} : { update }),
  };
}

type Token<T> = (given: T) => string;

function conditionText(term: Condition, name: Token<string>, value: Token<Value>): string {
  const attribute = name(term.attribute);
  switch (term.is) {
    case "absent":
      return `attribute_not_exists(${attribute})`;
    case "present":
      return `attribute_exists(${attribute})`;
    case "absent_or_below":
      return `(attribute_not_exists(${attribute}) OR ${attribute} < ${value(term.to)})`;
    case "absent_or_equal":
      return `(attribute_not_exists(${attribute}) OR ${attribute} = ${value(term.to)})`;
    default:
      return `${attribute} ${COMPARATORS[term.is]} ${value(term.to)}`;
  }
}

function updateText(
  write: Write & { readonly kind: "update" },
  name: Token<string>,
  value: Token<Value>,
): string {
  const set = Object.entries(write.set ?? {}).map(([attribute, to]) => `${name(attribute)} = ${value(to)}`);
  const add = Object.entries(write.add ?? {}).map(([attribute, by]) => `${name(attribute)} ${value(by)}`);
  const remove = (write.remove ?? []).map((attribute) => name(attribute));
  const clauses = [
    set.length > 0 ? `SET ${set.join(", ")}` : "",
    add.length > 0 ? `ADD ${add.join(", ")}` : "",
    remove.length > 0 ? `REMOVE ${remove.join(", ")}` : "",
  ];
  return clauses.filter((clause) => clause !== "").join(" ");
}
