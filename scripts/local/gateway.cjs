const { randomUUID } = require("node:crypto");
const { THROTTLING } = require("../../resources/limits.cjs");

/**
 * What API Gateway and Lambda do around a function, at the emulator's web server: they throttle, refuse a call for which no instance may
 * be started, and answer for a function that failed. Their own answers are put into the contract's shape.
 */

const RETRY_AFTER_SECONDS = "1";
const IDS = "x-request-id";

/** `functions` is of Serverless; a call counts against its function's reserved concurrency until it is answered. */
function guard(server, functions) {
  const { RATE_LIMITS } = process.env;
  const isThrottled = RATE_LIMITS !== "off";
  // A machine too small to reach what AWS allows meets a share of it.
  const share = Number(RATE_LIMITS) || 1;
  const reserved = concurrencyByRoute(functions, share);
  const running = new Map();
  const buckets = new Map();

  // Cross-origin calls are the emulator's own idea as well: what API Gateway is not told of, it passes on.
  server.ext("onRequest", (request, toolkit) => {
    delete request.headers.origin;
    return toolkit.continue;
  });

  server.ext("onPreHandler", (request, toolkit) => {
    const { method, path } = request.route;
    const route = method === "*" ? method : `${method.toUpperCase()} ${path}`;
    // The emulator invokes functions for others as well, by a web server of its own.
    const most = reserved.get(route);
    if (most === undefined) return toolkit.continue;
    if (isThrottled && !bucketOf(route, { buckets, share }).take(Date.now())) {
      return refusal(toolkit, [429, "RATE_LIMITED", "Too many calls at once; try again"]).takeover();
    }
    const calls = running.get(route) ?? 0;
    if (calls >= most) {
      return refusal(toolkit, [503, "UNAVAILABLE", "Temporarily unavailable"]).takeover();
    }
    running.set(route, calls + 1);
    request.app.route = route;
    return toolkit.continue;
  });

  server.events.on("response", ({ app: { route } }) => {
    if (route !== undefined) running.set(route, running.get(route) - 1);
  });

  server.ext("onPreResponse", ({ response, route, app }, toolkit) => {
    if (response.isBoom) return refusal(toolkit, refusalOf(response, route));
    // Every answer of a function that ended by itself names its request.
    const hasFailed = app.route !== undefined && response.headers[IDS] === undefined;
    if (!hasFailed) return toolkit.continue;
    const isTimeOut = String(response.source).includes("LambdaTimeoutError");
    if (isTimeOut) return refusal(toolkit, [503, "UNAVAILABLE", "Temporarily unavailable"]);
    return refusal(toolkit, [500, "INTERNAL", "Internal server error"]);
  });
}

/** A request takes a token, of which a bucket holds as many as may come at once; they come again at the route's rate. */
class Bucket {
  #tokens;
  #atMs = 0;

  constructor({ rate, burst }, share) {
    this.rate = rate * share;
    this.burst = Math.max(1, burst * share);
    this.#tokens = this.burst;
  }

  take(nowMs) {
    this.#tokens = Math.min(this.burst, this.#tokens + ((nowMs - this.#atMs) * this.rate) / 1_000);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

function bucketOf(route, { buckets, share }) {
  const limits = THROTTLING.routes[route];
  const name = limits === undefined ? "others" : route;
  const bucket = buckets.get(name) ?? new Bucket(limits ?? THROTTLING.others, share);
  buckets.set(name, bucket);
  return bucket;
}

/** How many calls of each route of the API may run at once. */
function concurrencyByRoute(functions, share) {
  const pairs = Object.values(functions).flatMap(
    ({ events, reservedConcurrency = Number.POSITIVE_INFINITY }) =>
      events
        .filter(({ httpApi }) => httpApi !== undefined)
        .map(({ httpApi }) => [
          httpApi.path === undefined ? httpApi : `${httpApi.method} ${httpApi.path}`,
          Math.max(1, reservedConcurrency * share),
        ]),
  );
  return new Map(pairs);
}

/** The web server refuses some requests that API Gateway passes on, so the answer is the one that a function would give. */
function refusalOf({ message, output: { statusCode } }, { method }) {
  if (statusCode >= 500) return [500, "INTERNAL", "Internal server error"];
  if (statusCode === 413) return [413, "PAYLOAD_TOO_LARGE", "The body is larger than 64 KiB"];
  if (statusCode === 415 || /content-type|multipart/i.test(message)) {
    return [415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json"];
  }
  // A path that cannot be decoded names nothing, as one that can be and is not there.
  if (statusCode === 404 || method === "_special") return [404, "NOT_FOUND", "Not found"];
  return [400, "VALIDATION_ERROR", "Validation failed"];
}

function refusal(toolkit, [status, code, error]) {
  const requestId = randomUUID();
  const answer = toolkit.response({ error, code, requestId }).code(status).header(IDS, requestId);
  return status === 429 || status === 503 ? answer.header("retry-after", RETRY_AFTER_SECONDS) : answer;
}

module.exports = { guard };
