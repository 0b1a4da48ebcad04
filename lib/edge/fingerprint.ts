import { createHash } from "node:crypto";

type Request = {
  readonly method: string;
  readonly path: string;
  /** Parsed, so that what means the same counts as the same. */
  readonly query: unknown;
  readonly body: unknown;
};

/** Names a request by what it asks for. Two requests under one idempotency key must have the same. */
export function fingerprintOf({ method, path, query, body }: Request): string {
  return createHash("sha256")
    .update([method, path, canonical(query), canonical(body)].join("\n"))
    .digest("hex");
}

/** JSON with sorted fields. The argument was parsed by a schema, so its depth is bounded. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
