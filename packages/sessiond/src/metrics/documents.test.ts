import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from './daemon-metrics.ts';

const textOf = (path: string) => readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8');

/** Names of metrics, ours and those of all processes, wherever they stand. */
const namesIn = (text: string) => new Set(text.match(/\b(?:ringtail|process)_[a-z_]+\b/g) ?? []);

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

describe('the metrics', () => {
  it('are all documented with their type, and no others', () => {
    const rows = [...textOf('metrics.md').matchAll(/^\| `([a-z_]+)` \| (counter|gauge) \|/gm)];
    const documented = Object.fromEntries(rows.map(([, name, type]) => [name as string, type]));
    expect(documented).toEqual(Object.fromEntries(Object.entries(METRICS).map(([name, { type }]) => [name, type])));
  });

  it('keep to the conventions for names: counters end in _total, what has a unit names it', () => {
    for (const [name, { type }] of Object.entries(METRICS)) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/_(?:ms|us|kb|mb|kib|mib)(?:_|$)/);
    }
  });

  it('are what the dashboard asks for', () => {
    const dashboard = JSON.parse(textOf('grafana/ringtail.json')) as Dashboard;
    const queries = [
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...dashboard.templating.list.map(({ query }) => query),
    ];
    const asked = new Set(queries.flatMap((query) => [...namesIn(query)]));
    expect([...asked].filter((name) => !(name in METRICS))).toEqual([]);
    expect(asked.size).toBeGreaterThan(15);
    const variables = new Set(dashboard.templating.list.map(({ name }) => `$${name}`));
    const used = queries.flatMap((query) => query.match(/\$[a-z]+/g) ?? []);
    expect(used.filter((name) => !variables.has(name))).toEqual([]);
    for (const query of queries) {
      const counters = [...namesIn(query)].filter((name) => METRICS[name]?.type === 'counter');
      // The value of a counter alone says nothing, but for the few that rarely change.
      if (counters.some((name) => name !== 'ringtail_consumer_restarts_total'))
        expect(query).toMatch(/^(?:rate|increase)\(/);
    }
  });
});
