import { gzipSync } from "node:zlib";
import type { Chance } from "../demo/chance.ts";
import type { Cast } from "./cast.ts";
import type { Draft } from "./draft.ts";
import { hostileText, hostileValue, printJson } from "./hostile.ts";
import { chanceOf, someName } from "./values.ts";

type Mutation = {
  readonly name: string;
  /** Whether the exchange must refuse what it makes of any request that it fits. */
  readonly isFatal?: true;
  fits?(draft: Draft): boolean;
  change(draft: Draft, cast: Cast): void;
};

const hasBody = ({ operation }: Draft): boolean => operation.body !== undefined;
const isGuarded = ({ operation }: Draft): boolean => operation.needs !== "nobody";
const bytesOf = (draft: Draft): Buffer => draft.bytes ?? Buffer.from(printJson(draft.body ?? null));
const asObject = (body: unknown): { [field: string]: unknown } =>
  typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : {};

/** What an earlier mutation made of the bytes is forgotten, or this one would not be seen. */
function setBody(draft: Draft, body: unknown): void {
  draft.body = body;
  draft.bytes = undefined;
}

/** It may have been no call of the API before, and is one now. */
function setPath(draft: Draft, path: string): void {
  draft.path = path;
  draft.isKnown = draft.method === draft.operation.method;
}

/** Cut before it is encoded: half of an encoding is another matter. */
function percentEncoded(text: string): string {
  return encodeURIComponent([...text].slice(0, 250).join("").toWellFormed());
}

/** What a header's value may hold on the wire: no control characters, nothing beyond Latin-1. */
function headerText(chance: Chance): string {
  return hostileText(chance)
    .replace(/[^\x20-\x7e\x80-\xff]/g, "?")
    .slice(0, 2_000);
}

function forged(token: string, chance: Chance): string {
  const [head = "", claims = "", signature = ""] = token.split(".");
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  const hmac = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString("base64url");
  const admin = Buffer.from('{"sub":"admin","role":"admin","exp":9999999999}').toString("base64url");
  return chance.pick([
    `${none}.${claims}.`,
    `${hmac}.${claims}.${signature}`,
    `${head}.${admin}.${signature}`,
    `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
    `${head}.${claims}`,
    `${head}.${claims}.`,
    "..",
    "x",
    "A".repeat(3_000),
  ]);
}

const BODIES: readonly Mutation[] = [
  {
    name: "a field is left out",
    fits: hasBody,
    change: (draft, { chance }) => {
      const body = asObject(draft.body);
      const names = Object.keys(body);
      if (names.length > 0) delete body[chance.pick(names)];
      setBody(draft, body);
    },
  },
  {
    name: "a field that is not known",
    isFatal: true,
    fits: hasBody,
    change: (draft, { chance }) => {
      const name = chance.pick([
        "extra",
        "id",
        "status_",
        "__proto__x",
        "",
        "Price",
        "price ",
        "userID",
        "0",
      ]);
      setBody(draft, { ...asObject(draft.body), [name]: hostileValue(chance) });
    },
  },
  {
    name: "a field has a strange value",
    fits: hasBody,
    change: (draft, { chance }) => {
      const body = asObject(draft.body);
      const names = Object.keys(body);
      if (names.length > 0) body[chance.pick(names)] = hostileValue(chance);
      setBody(draft, body);
    },
  },
  {
    name: "all fields have the wrong type",
    isFatal: true,
    fits: hasBody,
    change: (draft, { chance }) => {
      const wrong = chance.pick([1, 0, true, false, null, [], {}]);
      setBody(draft, Object.fromEntries(Object.keys(asObject(draft.body)).map((name) => [name, wrong])));
    },
  },
  {
    name: "the body is no object",
    isFatal: true,
    fits: hasBody,
    change: (draft, { chance }) => {
      draft.bytes = Buffer.from(
        chance.pick([
          "0",
          "false",
          "true",
          "null",
          "1",
          '""',
          '"x"',
          "[]",
          "[{}]",
          "1e400",
          "-0",
          "1234567890123456789",
        ]),
      );
    },
  },
  {
    name: "the body is not JSON",
    isFatal: true,
    fits: hasBody,
    change: (draft, { chance }) => {
      const bytes = bytesOf(draft);
      draft.bytes = chance.pick([
        Buffer.alloc(0),
        Buffer.from(" "),
        Buffer.from("NaN"),
        Buffer.from("{'a':1}"),
        Buffer.from("undefined"),
        // Spaces at the end are none of it.
        Buffer.from(bytes.toString("latin1").trimEnd().slice(0, -1) || " ", "latin1"),
        Buffer.concat([bytes, Buffer.from("}")]),
        Buffer.concat([bytes, Buffer.from([0])]),
        Buffer.concat([Buffer.from([0xff, 0xfe]), bytes]),
        Buffer.from([0x7b, 0xff, 0x7d]),
        Buffer.from('{"a":"\xc3\x28"}', "latin1"),
        gzipSync(bytes),
        Buffer.from("[".repeat(20_000)),
      ]);
    },
  },
  {
    name: "the body has white space, a mark or a field twice",
    fits: hasBody,
    change: (draft, { chance }) => {
      const text = bytesOf(draft).toString();
      draft.bytes = Buffer.from(
        chance.pick([
          `\ufeff${text}`,
          ` \r\n\t${text}\n `,
          text.replace(/\}$/, ',"market":"BTC-USDT"}').replace("{,", "{"),
          text.replaceAll("a", "\\u0061"),
        ]),
      );
    },
  },
  {
    name: "the body is large",
    isFatal: true,
    fits: hasBody,
    change: (draft, { chance }) => {
      const size = chance.pick([65_537, 65_600, 200_000, 1_100_000]);
      draft.bytes = Buffer.concat([bytesOf(draft), Buffer.alloc(size, " ")]);
    },
  },
  {
    name: "the body is as large as it may be",
    fits: hasBody,
    change: (draft) => {
      const bytes = bytesOf(draft);
      if (bytes.length < 65_536)
        draft.bytes = Buffer.concat([bytes, Buffer.alloc(65_536 - bytes.length, " ")]);
    },
  },
  {
    name: "a body where there is none",
    fits: (draft) => !hasBody(draft) && draft.method !== "GET",
    change: (draft, { chance }) => {
      draft.bytes = Buffer.from(chance.pick(["{}", "0", "x", '{"id":1}', " ".repeat(70_000)]));
      if (chanceOf(chance, 0.5)) draft.headers["content-type"] = "application/json";
    },
  },
];

const HEADERS: readonly Mutation[] = [
  {
    name: "another content type",
    fits: hasBody,
    isFatal: true,
    change: (draft, { chance }) => {
      draft.headers["content-type"] = chance.pick([
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/json; charset=utf-16",
        "application/json; charset=",
        "application/jsonx",
        "application/xml",
        "a/b/c",
        "json",
        ";",
        "é/ü",
      ]);
    },
  },
  {
    name: "the content type in other words",
    fits: hasBody,
    change: (draft, { chance }) => {
      draft.headers["content-type"] = chance.pick([
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/json;;;",
        "application/json; x=y",
        "application/json ;charset = utf-8",
      ]);
    },
  },
  {
    name: "a content encoding",
    fits: hasBody,
    change: (draft, { chance }) => {
      const encoding = chance.pick(["gzip", "br", "deflate", "identity", "x", "gzip, gzip"]);
      draft.headers["content-encoding"] = encoding;
      if (chanceOf(chance, 0.3)) draft.bytes = gzipSync(bytesOf(draft));
    },
  },
  {
    name: "in chunks",
    fits: (draft) => draft.body !== undefined || draft.bytes !== undefined,
    change: (draft) => {
      draft.headers["transfer-encoding"] = "chunked";
    },
  },
  {
    name: "no token",
    isFatal: true,
    fits: isGuarded,
    change: (draft) => {
      delete draft.headers.authorization;
    },
  },
  {
    name: "a token that is none",
    isFatal: true,
    fits: isGuarded,
    change: (draft, cast) => {
      const { chance } = cast;
      draft.headers.authorization = chance.pick([
        `Bearer ${forged(cast.user.accessToken, chance)}`,
        `Bearer ${forged(cast.admin.accessToken, chance)}`,
        `Bearer ${cast.user.refreshToken}`,
        `Basic ${Buffer.from("admin:admin").toString("base64")}`,
        "Bearer",
        "Bearer ",
        cast.user.accessToken,
        `Bearer ${cast.user.accessToken} ${cast.admin.accessToken}`,
        `Bearer ${headerText(chance)}`,
      ]);
    },
  },
  {
    name: "a token from before",
    fits: (draft) => isGuarded(draft),
    change: (draft, { chance, oldTokens }) => {
      if (oldTokens.length > 0) draft.headers.authorization = `Bearer ${chance.pick(oldTokens)}`;
    },
  },
  {
    name: "a user's token for an admin's call",
    isFatal: true,
    fits: ({ operation }) => operation.needs === "admin",
    change: (draft, { user }) => {
      draft.headers.authorization = `Bearer ${user.accessToken}`;
    },
  },
  {
    name: "another user's token",
    fits: ({ operation }) => operation.needs === "user",
    change: (draft, { other }) => {
      draft.headers.authorization = `bearer   ${other.accessToken}`;
    },
  },
  {
    name: "an idempotency key",
    change: (draft, cast) => {
      const { chance } = cast;
      draft.headers["idempotency-key"] = chance.pick([
        someName(cast),
        someName(cast),
        headerText(chance),
        "",
        " ",
        "k".repeat(64),
        "k".repeat(65),
        "é",
      ]);
    },
  },
  {
    name: "a preference",
    change: (draft, { chance }) => {
      draft.headers.prefer = chance.pick([
        "wait=0",
        "wait=-1",
        "wait=0.001",
        "wait=1e9",
        "wait=NaN",
        "wait",
        "wait==1",
        "respond-async, wait=1",
        'wait="1"',
        "wait=99999999999999999999",
        headerText(chance),
      ]);
    },
  },
  {
    name: "a strange header",
    change: (draft, { chance }) => {
      const name = chance.pick([
        "x-correlation-id",
        "x-request-id",
        "cookie",
        "accept",
        "accept-encoding",
        "user-agent",
        "x-forwarded-for",
        "origin",
        "referer",
        "if-none-match",
        "range",
        "x-http-method-override",
        "x-amzn-trace-id",
        "forwarded",
        "te",
      ]);
      draft.headers[name] = chanceOf(chance, 0.3)
        ? [headerText(chance), headerText(chance)]
        : headerText(chance);
    },
  },
  {
    name: "many headers",
    change: (draft, { chance }) => {
      for (let index = chance.below(40); index > 0; index--)
        draft.headers[`x-extra-${index}`] = "y".repeat(60);
    },
  },
];

const PLACES: readonly Mutation[] = [
  {
    name: "a query parameter that is not known",
    isFatal: true,
    fits: ({ operation }) => operation.query.length > 0,
    change: (draft, { chance }) => {
      draft.query.push([chance.pick(["limt", "Limit", "constructor", "a%00", "filter[x]"]), "1"]);
    },
  },
  {
    name: "a strange query",
    change: (draft, { chance }) => {
      draft.query.push([
        chance.pick([
          "limit",
          "cursor",
          "market",
          "status",
          "",
          "%ff",
          "depth",
          "email",
          "from",
          "__proto__",
        ]),
        chance.pick([percentEncoded(hostileText(chance)), "%00", "%ff", "%C3%28", "+", "", "=", "a=b"]),
      ]);
    },
  },
  {
    name: "a query parameter has a strange value",
    fits: ({ operation }) => operation.query.length > 0,
    change: (draft, { chance }) => {
      const { name } = chance.pick(draft.operation.query);
      const value = percentEncoded(hostileText(chance));
      draft.query = [...draft.query.filter(([each]) => each !== name), [name, value]];
    },
  },
  {
    name: "a query parameter twice",
    fits: ({ operation }) => operation.query.length > 0,
    change: (draft, { chance }) => {
      const { name } = chance.pick(draft.operation.query);
      draft.query.push([name, "1"], [name, chance.pick(["2", "", "BTC-USDT"])]);
    },
  },
  {
    name: "a cursor that was changed",
    fits: ({ operation }) => operation.query.some(({ name }) => name === "cursor"),
    change: (draft, { chance, cursors }) => {
      const cursor = cursors.length === 0 ? "QUJD" : chance.pick(cursors);
      const changed = chance.pick([
        cursor,
        cursor.slice(1),
        `${cursor}=`,
        Buffer.from(hostileText(chance)).toString("base64url").slice(0, 400),
        cursor.toUpperCase(),
        Buffer.from("zzzzzzzzzzzzzzzzzzzzzzzzzz").toString("base64url"),
      ]);
      draft.query = [...draft.query.filter(([name]) => name !== "cursor"), ["cursor", changed]];
    },
  },
  {
    name: "an id that is none",
    isFatal: true,
    fits: ({ operation }) => operation.pathParameters.length > 0,
    change: (draft, { chance }) => {
      const value = chance.pick([
        percentEncoded(`x${hostileText(chance)}`),
        "%00",
        "%2e%2ex",
        "..%2f..%2fx",
        "a%2Fb",
        "01KATB9Z8Q4W0J5V6R7N2M3X1C",
        "0".repeat(26),
        "x".repeat(7_000),
      ]);
      setPath(
        draft,
        draft.operation.path.replace(/\{\w+\}/, () => value),
      );
    },
  },
  {
    name: "somebody else's id",
    fits: ({ operation }) => operation.pathParameters.some(({ name }) => name === "id"),
    change: (draft, { chance, ids, other, scapegoats }) => {
      const known = [...ids.values()].flat();
      const id = chance.pick([other.userId, ...scapegoats.slice(0, 1), ...known.slice(-50)]);
      setPath(
        draft,
        draft.operation.path.replace("{id}", () => id),
      );
    },
  },
  {
    name: "another method",
    isFatal: true,
    change: (draft, { chance }) => {
      const methods = ["PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "LOCK", "REPORT", "PUT", "LINK"];
      draft.method = chance.pick(methods.filter((each) => each !== draft.operation.method));
      draft.isKnown = false;
    },
  },
  {
    name: "another path",
    isFatal: true,
    change: (draft, { chance }) => {
      draft.path = chance.pick([
        `${draft.path}/more`,
        `/api//${draft.path.slice(5)}`,
        draft.path.replace("/api/", "/API/"),
        draft.path.replace("/api/", "/api/v1/"),
        `${draft.path}%`,
        `${draft.path}%zz`,
        `${draft.path}%ff`,
        `${draft.path};a=b`,
        `/${"a/".repeat(500)}`,
        `/${"a".repeat(7_000)}`,
        "/",
        "/api",
        "/api/",
        "/favicon.ico",
        "/.env",
        "/api/admin",
        "/%00",
        "/2015-03-31/functions/x/invocations",
      ]);
      draft.isKnown = false;
    },
  },
];

const ALL: readonly Mutation[] = [...BODIES, ...HEADERS, ...PLACES];

/** Changes a request in a few ways at random; in at least one that must be refused, where that is wanted. */
export function mutate(draft: Draft, cast: Cast, mustFail: boolean): void {
  const { chance } = cast;
  const fitting = ALL.filter(({ fits }) => fits?.(draft) !== false);
  const roll = chance.fraction();
  const count = roll < 0.3 ? 0 : roll < 0.7 ? 1 : roll < 0.9 ? 2 : 4;
  const chosen = Array.from({ length: count }, () => chance.pick(fitting));
  // The last, so that no other undoes it.
  if (mustFail) chosen.push(chance.pick(fitting.filter(({ isFatal }) => isFatal === true)));
  for (const mutation of chosen) {
    mutation.change(draft, cast);
    draft.mutations.push(mutation.name);
  }
}
