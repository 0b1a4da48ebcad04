import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Description, Operation, Schema } from "./description.ts";
import type { Draft } from "./draft.ts";
import type { WireAnswer } from "./wire.ts";

/** What is wrong with an answer, in words; undefined where nothing is. */
export type Check = (draft: Draft, answer: WireAnswer) => string | undefined;

const ERROR_FIELDS = new Set(["error", "code", "requestId", "details"]);

/** Compares answers with what the description says of them. */
export function checksOf(description: Description): Check {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const compiled = new Map<Schema, ValidateFunction>();
  const misfit = (schema: Schema, value: unknown): string | undefined => {
    // Its references are to the description's components.
    const validate = compiled.get(schema) ?? ajv.compile({ ...schema, components: description.components });
    compiled.set(schema, validate);
    if (validate(value)) return undefined;
    return `does not fit the description: ${ajv.errorsText(validate.errors, { dataVar: "answer" }).slice(0, 200)}`;
  };

  const ofSuccess = ({ operation }: Draft, { status, text }: WireAnswer): string | undefined => {
    if (!operation.answers.has(status)) return `${status} is not described`;
    const schema = operation.answers.get(status);
    if (schema === undefined) return text === "" ? undefined : "has a body where none is described";
    const body = parsed(text);
    return body === undefined ? "is not JSON" : misfit(schema, body);
  };

  const ofRefusal = (operation: Operation | undefined, { status, text }: WireAnswer): string | undefined => {
    const body = parsed(text) as { code?: unknown; error?: unknown; requestId?: unknown } | undefined;
    if (typeof body !== "object" || body === null) return "is no JSON object";
    const strange = Object.keys(body).find((field) => !ERROR_FIELDS.has(field));
    if (strange !== undefined) return `has a field ${strange}`;
    if (typeof body.error !== "string" || body.error === "") return "has no error";
    if (typeof body.requestId !== "string" || body.requestId === "") return "has no requestId";
    const code = String(body.code);
    if (description.codes.get(code) !== status) return `${code} is no code of ${status}`;
    if (operation === undefined) return undefined;
    if (!operation.answers.has(status)) return `${status} ${code} is not described`;
    const schema = operation.answers.get(status);
    return schema === undefined ? undefined : misfit(schema, body);
  };

  return (draft, answer) => {
    const { status, headers, text } = answer;
    if (status === 0) return `no answer: ${text}`;
    if (status === 503 && headers["retry-after"] !== undefined) return undefined;
    if (status >= 500) return `answers ${status}`;
    if (draft.method === "HEAD") return undefined;
    if (status >= 400) return ofRefusal(draft.isKnown ? draft.operation : undefined, answer);
    if (!draft.isKnown) return `answers ${status} to a call that is not described`;
    return ofSuccess(draft, answer);
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
