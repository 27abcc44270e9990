/** Which metric providers this program can ask, and what is said of a metric that names another one. */
import type { MetricPlan } from './metric-plan.ts';

/** By their names in a metric's `provider`. */
export type AskableProvider = 'job' | 'prometheus' | 'web';

export const askableProviders: ReadonlySet<string> = new Set<AskableProvider>(['job', 'prometheus', 'web']);

/** Undefined where the metric's provider is one of these. */
export function cannotBeAsked({ name, provider }: MetricPlan, providers: ReadonlySet<string>): string | undefined {
  if (providers.has(provider)) return undefined;
  const supported = [...providers].sort().join(', ');
  return `metric '${name}' uses the provider ${provider}, which this version cannot ask; supported: ${supported}`;
}
