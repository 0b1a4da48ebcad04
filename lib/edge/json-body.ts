import type { Route } from "../contract/route.ts";
import { type EdgeMiddleware, Refused } from "./request.ts";

const MAX_BYTES = 64 * 1024;

/** Reads the body as JSON where the route has one; where it has none, a body is only bounded, and ignored. */
export function jsonBody(route: Route): EdgeMiddleware {
  return {
    before: ({ event }) => {
      const bytes = bytesOf(event);
      if (bytes.byteLength > MAX_BYTES) throw new Refused({ code: "PAYLOAD_TOO_LARGE" });
      if (route.body === undefined) return;
      if (bytes.byteLength === 0) throw invalid("a JSON body is required");
      if (!isJson(event.headers?.["content-type"])) throw new Refused({ code: "UNSUPPORTED_MEDIA_TYPE" });
      event.edge.json = parse(bytes);
    },
  };
}

/** API Gateway always gives text; the local emulator hands a bare JSON number or boolean on as that value. */
function bytesOf({ body, isBase64Encoded }: { body?: unknown; isBase64Encoded: boolean }): Uint8Array {
  const text = typeof body === "string" ? body : JSON.stringify(body ?? undefined);
  return Buffer.from(text ?? "", isBase64Encoded ? "base64" : "utf8");
}

function isJson(contentType: string | undefined): boolean {
  const [type, ...parameters] = (contentType ?? "").toLowerCase().split(";");
  if (type?.trim() !== "application/json") return false;
  return parameters.every((parameter) => {
    const [name, value] = parameter.split("=");
    return name?.trim() !== "charset" || /^\s*"?utf-?8"?\s*$/.test(value ?? "");
  });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalid("must be JSON in UTF-8");
  }
}

function invalid(message: string): Refused {
  return new Refused({ code: "VALIDATION_ERROR", details: [{ path: "", message }] });
}
