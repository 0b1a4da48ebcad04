const { randomUUID } = require("node:crypto");
const hapi = require("@hapi/hapi");

/**
 * Stands in for serverless-esbuild in the local stack. Two processes of serverless-offline share the functions (LOCAL_PART): one serves the API,
 * all functions in its own thread; one serves the workers to the event sources, each in a thread of its own, as Lambda would.
 */
class LocalStack {
  constructor(serverless) {
    endWithSupervisor();
    this.hooks = { "before:offline:start:init": () => takePart(serverless.service) };
  }
}

/**
 * The emulator's web server refuses some requests before a function sees them: a path that cannot be decoded, a content type that is none. API
 * Gateway passes those on, so the answer here is the one that the functions would give.
 */
const { Server } = hapi;
hapi.Server = function ContractServer(options) {
  // Ranges are the web server's own idea; API Gateway answers whole.
  const server = new Server({ ...options, routes: { response: { ranges: false } } });
  server.ext("onPreResponse", ({ response, route }, toolkit) => {
    if (!response.isBoom) return toolkit.continue;
    const [status, code, error] = refusalOf(response, route);
    return toolkit.response({ error, code, requestId: randomUUID() }).code(status);
  });
  return server;
};

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

function takePart(service) {
  const part = process.env.LOCAL_PART;
  for (const [key, definition] of Object.entries(service.functions)) {
    const isApi = definition.events.some((event) => event.httpApi !== undefined);
    if (isApi !== (part === "api")) delete service.functions[key];
    // The local private key is in the environment; there is no Parameter Store to ask.
    delete definition.environment?.JWT_PRIVATE_KEY_PARAMETER;
  }
  Object.assign(service.custom["serverless-offline"], {
    location: process.env.LOCAL_BUNDLES,
    useInProcess: part === "api",
  });
}

/** A supervisor that was killed cannot ask for an end; the channel to it closes all the same. */
function endWithSupervisor() {
  if (process.send === undefined) return;
  if (!process.connected) process.exit(1);
  process.on("disconnect", () => process.exit(1));
  process.channel.unref();
}

module.exports = LocalStack;
