/** The chart by itself: every value is documented and in the schema, and what it watches Rampart by is what Rampart publishes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chart, chartSchema, chartValues } from './chart-reference.ts';
import { publishedMetrics } from './metrics-reference.ts';

describe('values', () => {
  it('each say what they are for', () => {
    const values = chartValues();
    expect(values.length).toBeGreaterThan(40);
    expect(values.filter(({ meaning }) => !/^[A-Z1a-z].{9,}$/.test(meaning)).map(({ path }) => path)).toEqual([]);
  });

  it('are all in the schema, and the schema names no others', () => {
    const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as Record<string, unknown>;
    // Helm itself adds `global`.
    const check = (at: string, present: unknown, schema: ReturnType<typeof chartSchema>): void => {
      if (schema.properties === undefined) return;
      expect(schema.additionalProperties, at).toBe(false);
      const named = Object.keys(schema.properties).filter((key) => key !== 'global');
      expect(Object.keys(present as object).toSorted(), at).toEqual(named.toSorted());
      for (const [key, below] of Object.entries(schema.properties))
        if (key !== 'global') check(`${at}.${key}`, (present as Record<string, unknown>)[key], below);
    };
    check('values', values, chartSchema());
  });
});

interface Alerts {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
}

const alerts = parse(readFileSync(join(chart, 'files', 'alerts.yaml'), 'utf8')) as Alerts;
const dashboard = JSON.parse(readFileSync(join(chart, 'files', 'dashboard.json'), 'utf8')) as Dashboard;
const rules = alerts.groups.flatMap((group) => group.rules);

describe('alerts and dashboard', () => {
  it('ask for metrics that Rampart publishes, by labels that they have', async () => {
    const published = new Map((await publishedMetrics()).map(({ name, labels }) => [name, new Set([...labels, 'le'])]));
    const expressions = [
      ...rules.map(({ expr }) => expr),
      ...dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => expr)),
    ];
    for (const expression of expressions) {
      const used = [
        ...expression.matchAll(/\b((?:rollout|analysis|rampart|workqueue|controller|argo)_[a-z0-9_]+)(?:\{([^}]*)\})?/g),
      ];
      expect(used.length, expression).toBeGreaterThan(0);
      for (const [, name = '', selector = ''] of used) {
        const labels = published.get(name) ?? published.get(name.replace(/_(bucket|count|sum)$/, ''));
        expect(labels, name).toBeDefined();
        const selected = [...selector.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label ?? '');
        const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => (list ?? '').split(/,\s*/));
        // A scrape adds the namespace of the controller where a metric has none.
        const unknown = [...selected, ...grouped].filter((label) => label !== 'namespace' && labels?.has(label) !== true);
        expect(unknown, expression).toEqual([]);
      }
    }
  });

  it('tell what happened and what to do, each once', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    for (const wanted of ['RolloutStuck', 'RolloutsAborted', 'AnalysisErrors', 'RampartLeaseLost', 'RampartFallsBehind'])
      expect(names).toContain(wanted);
    for (const { annotations } of rules) {
      expect(annotations.summary).toMatch(/^\S.{15,}$/);
      expect(annotations.description).toMatch(/^[A-Z].{30,}\.$/);
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
