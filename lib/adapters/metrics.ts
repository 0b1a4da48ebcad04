import { Metrics as PowertoolsMetrics } from "@aws-lambda-powertools/metrics";
import type { Metrics } from "../ports/ports.ts";

/**
 * Metrics in CloudWatch's embedded format, written to the log: they cost no call. What is added in one go is written together,
 * before the function gives control away, so that a frozen process never holds any back.
 */
export function createMetrics(
  metrics: Pick<PowertoolsMetrics, "addMetric" | "publishStoredMetrics"> = new PowertoolsMetrics({
    namespace: process.env.POWERTOOLS_METRICS_NAMESPACE ?? "cex-pilot",
    serviceName: process.env.POWERTOOLS_SERVICE_NAME ?? "cex-pilot",
  }),
): Metrics {
  let isDue = false;
  const publish = (): void => {
    isDue = false;
    metrics.publishStoredMetrics();
  };
  return {
    add: (name, unit, value) => {
      metrics.addMetric(name, unit, value);
      if (isDue) return;
      isDue = true;
      queueMicrotask(publish);
    },
  };
}
