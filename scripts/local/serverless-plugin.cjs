const hapi = require("@hapi/hapi");
const { guard } = require("./gateway.cjs");

/**
 * Stands in for serverless-esbuild in the local stack. Two processes of serverless-offline share the functions (LOCAL_PART): one serves the API,
 * all functions in its own thread; one serves the workers to the event sources, each in a thread of its own, as Lambda would.
 */
class LocalStack {
  /** Of this part, once it is known. */
  static functions = {};

  constructor(serverless) {
    endWithSupervisor();
    this.hooks = { "before:offline:start:init": () => takePart(serverless.service) };
  }
}

const { Server } = hapi;
hapi.Server = function GuardedServer(options) {
  // Ranges are the web server's own idea; API Gateway answers whole.
  const server = new Server({ ...options, routes: { response: { ranges: false } } });
  guard(server, LocalStack.functions);
  return server;
};

function takePart(service) {
  const part = process.env.LOCAL_PART;
  for (const [key, definition] of Object.entries(service.functions)) {
    const isApi = definition.events.some((event) => event.httpApi !== undefined);
    if (isApi !== (part === "api")) delete service.functions[key];
    // The local private key is in the environment; there is no Parameter Store to ask.
    delete definition.environment?.JWT_PRIVATE_KEY_PARAMETER;
  }
  LocalStack.functions = service.functions;
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
