import { Metrics as PowertoolsMetrics } from "@aws-lambda-powertools/metrics";
import type { MetricOf, Metrics } from "../ports/ports.ts";

type Written = Pick<PowertoolsMetrics, "addMetric" | "publishStoredMetrics">;

/** With these dimensions, beside the service. */
function powertools(of: MetricOf | undefined): Written {
  return new PowertoolsMetrics({
    namespace: process.env.POWERTOOLS_METRICS_NAMESPACE ?? "cex-pilot",
    serviceName: process.env.POWERTOOLS_SERVICE_NAME ?? "cex-pilot",
    ...(of === undefined ? {} : { defaultDimensions: { market: of.market } }),
  });
}

/**
 * Metrics in CloudWatch's embedded format, written to the log: they cost no call. What is added in one go about one market, or about none, is
 * written together, before the function gives control away, so that a frozen process never holds any back.
 */
export function createMetrics(create: (of: MetricOf | undefined) => Written = powertools): Metrics {
  const written = new Map<string | undefined, Written>();
  const due = new Set<Written>();
  const publish = (): void => {
    for (const metrics of due) metrics.publishStoredMetrics();
    due.clear();
  };
  return {
    add: (name, unit, value, of) => {
      const metrics = written.get(of?.market) ?? create(of);
      written.set(of?.market, metrics);
      metrics.addMetric(name, unit, value);
      if (due.size === 0) queueMicrotask(publish);
      due.add(metrics);
    },
  };
}
