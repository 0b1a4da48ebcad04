import { AsyncLocalStorage } from "node:async_hooks";
import { Logger } from "@aws-lambda-powertools/logger";
import type { LogFields, RequestLog } from "../ports/ports.ts";

type Fields = { [name: string]: LogFields[string] };

/**
 * Powertools' structured log. The level is that of `LOG_LEVEL`. A request's own fields follow its calls through
 * an `AsyncLocalStorage` rather than the logger's appended keys, since the local stack runs many requests in one process.
 */
export function createLog(logger: Logger = new Logger({ serviceName: serviceName() })): RequestLog {
  const requests = new AsyncLocalStorage<Fields>();
  const fieldsOf = (event: string, fields: LogFields | undefined): Fields => ({
    ...requests.getStore(),
    ...fields,
    event,
  });
  return {
    info: (event, fields) => logger.info(event, fieldsOf(event, fields)),
    warn: (event, fields) => logger.warn(event, fieldsOf(event, fields)),
    error: (event, cause, fields) => {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      logger.error(event, { ...fieldsOf(event, fields), error });
    },
    within: (run) => requests.run({}, run),
    add: (fields) => {
      const present = requests.getStore();
      if (present !== undefined) Object.assign(present, fields);
    },
  };
}

function serviceName(): string {
  return process.env.POWERTOOLS_SERVICE_NAME ?? "cex-pilot";
}
