import { describe, expect, it } from 'vitest';
import { tsdlDataStreamClass } from '../metadata/print-tsdl.ts';
import { CONTEXT_NAMES, contextClass, contextFields, contextSpec, recordedContexts } from './context-spec.ts';

const field = (name: string) => contextFields([name])[0];

describe('the description of contexts', () => {
  it('has the names and types that LTTng writes', () => {
    expect(field('cpu_id')?.spec).toEqual({ kind: 'integer', signed: true, bits: 32, base: 10 });
    expect(field('net_ns')?.spec).toEqual({ kind: 'integer', signed: false, bits: 64, base: 10 });
    expect(field('vegid')?.spec).toEqual({ kind: 'integer', signed: false, bits: 32, base: 10 });
    expect(field('perf:thread:L1-dcache-loads')?.name).toBe('perf_thread_L1_dcache_loads');
    expect(field('perf:thread:raw:r0013c:x86-unhalted')?.name).toBe('perf_thread_raw_r0013c_x86_unhalted');
    expect(field('$app.shop:customer')).toEqual({ name: '_app_shop_customer', spec: { kind: 'dynamic' } });
    expect(field('callstack-js')?.name).toBe('callstack_js');
  });

  it('writes nothing for contexts that are in every packet', () => {
    for (const name of ['vpid', 'vtid', 'procname']) expect(contextSpec(name)).toEqual({ place: 'packet' });
    expect(contextClass(['vpid', 'procname'], 1)).toBeUndefined();
    expect(recordedContexts(['vpid', 'cpu_id', 'vtid', 'cpu_id'])).toEqual(['cpu_id']);
  });

  it.each(['ip', 'pthread_id', 'prio', 'perf:cpu:cycles'])('reports why %s is not available', (name) => {
    expect(contextSpec(name)).toMatchObject({ place: 'nowhere', reason: expect.stringMatching(/ /) });
    expect(() => contextFields([name])).toThrow(name);
  });

  it.each(['', 'cpu', 'toString', 'perf:thread:', 'perf:thread:a:b', '$app.x', '$app.:x', '$app.a:b\n', '$app.a b:c'])(
    'knows nothing of %j',
    (name) => {
      expect(contextSpec(name)).toBeUndefined();
      expect(() => contextFields([name])).toThrow(/there is no context/);
    },
  );

  it('keeps fields apart whose names come out equal', () => {
    const names = contextFields(['$app.a:b_c', '$app.a_b:c', '$app.a:b_c_tag', '$app.a:b-c']).map(({ name }) => name);
    expect(names).toEqual(['_app_a_b_c', '_app_a_b_c_2', '_app_a_b_c_tag_2', '_app_a_b_c_3']);
  });

  it('can be printed for every context at once', () => {
    const all = [...CONTEXT_NAMES, 'perf:thread:instructions', '$app.a:b'];
    const text = tsdlDataStreamClass({
      id: 0n,
      eventRecordCommonContext: contextClass(all, 1)!,
      eventRecordClasses: [],
    });
    expect(text).toContain('event.context := struct {');
    expect(text).toContain('variant <__app_a_b_tag>');
  });
});
