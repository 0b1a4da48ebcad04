import { isDeepStrictEqual } from "node:util";
import type { Condition, Item, Value } from "../../lib/store/store.ts";

type Comparison = "below" | "at_most" | "above" | "at_least";

/** Whether a condition holds for an item as DynamoDB judges it; values of different types are never below or above each other. */
export function holds(condition: Condition, item: Item | undefined): boolean {
  const value = item?.[condition.attribute];
  switch (condition.is) {
    case "absent":
      return value === undefined;
    case "present":
      return value !== undefined;
    case "equal":
      return isDeepStrictEqual(value, condition.to);
    case "not_equal":
      return !isDeepStrictEqual(value, condition.to);
    case "absent_or_below":
      return value === undefined || compares(value, { is: "below", to: condition.to });
    case "absent_or_equal":
      return value === undefined || isDeepStrictEqual(value, condition.to);
    default:
      return value !== undefined && compares(value, { is: condition.is, to: condition.to });
  }
}

function compares(value: Value, { is, to }: { readonly is: Comparison; readonly to: Value }): boolean {
  if (typeof value !== typeof to) return false;
  switch (is) {
    case "below":
      return value < to;
    case "at_most":
      return value <= to;
    case "above":
      return value > to;
    case "at_least":
      return value >= to;
  }
}
