/**
 * Which pages of others may call the API from a browser: CORS_ORIGINS=https://a.example,https://b.example as it is deployed. Without it none may, and
 * no origin is a wildcard, since calls carry tokens.
 */
function corsFrom(text = "") {
  const allowedOrigins = text.split(",").filter((origin) => origin !== "");
  for (const origin of allowedOrigins)
    if (!/^https?:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin))
      throw new Error(`CORS_ORIGINS: ${origin} is no origin`);
  if (allowedOrigins.length === 0) return false;
  return {
    allowedOrigins,
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "prefer", "x-correlation-id"],
    allowedMethods: ["GET", "POST", "PUT", "DELETE"],
    exposedResponseHeaders: ["retry-after", "x-request-id", "x-correlation-id"],
    maxAge: 600,
  };
}

module.exports = { corsFrom, cors: corsFrom(process.env.CORS_ORIGINS) };
