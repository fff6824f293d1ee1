import { describe, expect, it } from 'vitest';
import { contextRefusal, knownContexts } from './context-check.ts';

describe('the check of contexts', () => {
  it('lets through what every Linux has', () => {
    for (const name of ['vpid', 'procname', 'cpu_id', 'hostname', 'pid_ns', 'vsuid', 'async_id', 'callstack-js']) {
      expect(contextRefusal(name), name).toBeNull();
    }
    expect(contextRefusal('$app.shop:tenant')).toBeNull();
    expect(contextRefusal('$app.shop:my_ns')).toBeNull();
  });

  it.each(['ip', 'pthread_id', 'tid', 'perf:cpu:cycles'])(
    'says what a JavaScript program has instead of %s',
    (name) => {
      expect(contextRefusal(name)).toMatch(/ /);
    },
  );

  it.each(['cpu', '', 'perf:thread:nothing', '$app.', '$app.a:b c', 'perf:thread:raw:rX:n'])(
    'refuses %j, which is none',
    (name) => expect(contextRefusal(name)).toMatch(/no such context|are written/),
  );

  it('asks the kernel for each counter, and gives its reason', () => {
    const refusals = knownContexts()
      .filter((name) => name.startsWith('perf:'))
      .map((name) => contextRefusal(name));
    for (const refusal of refusals) if (refusal !== null) expect(refusal).toMatch(/perf|E[A-Z]+|koffi/);
    // No machine has a counter of this number.
    expect(contextRefusal('perf:thread:raw:rfffffffffffff:x')).not.toBeNull();
  });

  it('knows each context once, and gives an answer for each', () => {
    const names = knownContexts();
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('perf:thread:instructions');
    for (const name of names) expect([null, expect.any(String)]).toContainEqual(contextRefusal(name));
  });
});
