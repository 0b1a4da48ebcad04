import * as z from "zod/mini";
import { decodeCursor } from "./cursor.ts";
import { ID_PATTERN } from "./id.ts";

/** Shapes that several calls share. Fields that are not named are refused everywhere. */

const EXAMPLE_ID = "01KATB9Z8Q4W0J5V6R7N2M3X1C";
const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

export const id = z
  .string()
  .check(
    z.regex(ID_PATTERN, "must be an id"),
    z.meta({ description: "A ULID: ids sort by the time they were drawn.", examples: [EXAMPLE_ID] }),
  );

/** A positive decimal string of the request: shape only, since its decimals depend on the asset or market. */
export const positiveDecimal = z
  .string()
  .check(
    z.maxLength(60),
    z.regex(DECIMAL, 'must be a decimal string such as "1.5"'),
    z.regex(/[1-9]/, "must be greater than zero"),
    z.meta({ description: "A positive decimal string, without sign and exponent.", examples: ["1.5"] }),
  );

/** A decimal string of an answer, without trailing zeros. */
export const decimal = z
  .string()
  .check(z.meta({ description: "A decimal string without trailing zeros.", examples: ["1.5"] }));

export const time = z.string().check(
  z.meta({
    description: "ISO 8601, UTC.",
    format: "date-time",
    examples: ["2026-11-22T09:30:00.000Z"],
  }),
);

/** Whether a market of this name exists is the domain's question. */
export const marketName = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(100),
    z.meta({ description: "Base and quote asset.", examples: ["BTC-USDT"] }),
  );

export const assetName = z
  .string()
  .check(z.minLength(1), z.maxLength(20), z.meta({ description: "An asset.", examples: ["USDT"] }));

export const side = z.enum(["buy", "sell"]);

export const role = z.enum(["user", "admin"]);

export const accountStatus = z
  .enum(["active", "frozen"])
  .check(z.meta({ description: "A frozen account is refused everywhere." }));

export const email = z
  .string()
  .check(
    z.trim(),
    z.toLowerCase(),
    z.maxLength(254),
    z.regex(z.regexes.email, "must be an e-mail address"),
    z.meta({ description: "Compared without case.", format: "email", examples: ["alice@example.com"] }),
  );

export const printable = (most: number) =>
  z
    .string()
    .check(
      z.maxLength(most),
      z.regex(/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/, "must be printable ASCII and not blank"),
    );

/** Text for people: any language, but no control characters and no halves of characters. */
export const prose = (most: number) =>
  z.string().check(
    z.trim(),
    z.minLength(1),
    z.maxLength(most),
    z.refine(
      (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
      "must be text without control characters",
    ),
  );

/** A whole number in a query string. Anything else is left as it came, for the number's own check to refuse. */
export function wholeNumber(least: number, most: number) {
  const read = (value: unknown) =>
    typeof value === "string" && /^[0-9]{1,15}$/.test(value) ? Number(value) : value;
  return z.pipe(z.transform(read), z.int("must be a whole number").check(z.minimum(least), z.maximum(most)));
}

export function queryNumber(least: number, most: number, otherwise: number) {
  return z._default(wholeNumber(least, most), otherwise);
}

export const limit = queryNumber(1, 500, 50).check(
  z.meta({
    description: "How many at most: 1 to 500, 50 if not given.",
    default: 50,
  }),
);

/** Decodes to the text that the page before ended with. */
export const cursor = z
  .exactOptional(
    z.pipe(
      z.string().check(z.maxLength(400)),
      z.transform((given: string, context) => {
        const text = decodeCursor(given);
        if (text !== undefined) return text;
        context.issues.push({
          code: "custom",
          message: "must be the nextCursor of a page before",
          input: given,
        });
        return z.NEVER;
      }),
    ),
  )
  .check(z.meta({ description: "The nextCursor of the page before." }));

export function listOf<T extends z.ZodMiniType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z
      .nullable(z.string())
      .check(z.meta({ description: "The cursor of the next page; null at the end." })),
  });
}

export const errorAnswer = z
  .strictObject({
    error: z.string().check(z.meta({ description: "For people.", examples: ["Validation failed"] })),
    code: z
      .string()
      .check(z.meta({ description: "For programs; a closed set.", examples: ["VALIDATION_ERROR"] })),
    requestId: z.string(),
    details: z.exactOptional(
      z.array(
        z.strictObject({ path: z.string().check(z.meta({ examples: ["price"] })), message: z.string() }),
      ),
    ),
  })
  .check(z.meta({ id: "Error" }));
