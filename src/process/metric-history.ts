/** Opens a Prometheus to those who ask what a metric was, not what it is. */
import type { PrometheusMetric } from '../api/analysis-template.ts';
import type { PastValue } from '../core/analysis/metric-value.ts';
import { type HistoryRange, type HistoryTarget, PrometheusHistory } from '../providers/metrics/prometheus/prometheus-history.ts';

export interface MetricHistory {
  /** One value for each step, an empty list where there was no data. Throws an Error whose message holds no secret. */
  read(metric: PrometheusMetric, range: HistoryRange, signal: AbortSignal): Promise<readonly PastValue[]>;
  close(): void;
}

export function openMetricHistory(target: HistoryTarget): MetricHistory {
  return new PrometheusHistory(target);
}
