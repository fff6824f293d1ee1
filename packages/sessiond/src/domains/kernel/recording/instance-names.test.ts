import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { INSTANCE_PREFIX, InstanceNames } from './instance-names.ts';

describe('the name of an instance', () => {
  it('begins with our prefix, and is used once', () => {
    const names = new InstanceNames();
    const [first, second] = [names.next(), names.next()];
    expect(first.startsWith(INSTANCE_PREFIX)).toBe(true);
    expect(first).not.toBe(second);
  });

  it('tells whether its daemon has ended, also where another process has its number by now', () => {
    const names = new InstanceNames();
    const own = names.next();
    expect(names.isLeftOver(own)).toBe(false);
    const [prefix, namespace, pid, start, number] = own.split('.');
    const ended = spawnSync('true').pid;
    expect(names.isLeftOver([prefix, namespace, ended, start, number].join('.'))).toBe(true);
    expect(names.isLeftOver([prefix, namespace, pid, Number(start) + 1, number].join('.'))).toBe(true);
  });

  it('of others is never a leftover', () => {
    const names = new InstanceNames();
    const [prefix, , , start] = names.next().split('.');
    const ended = spawnSync('true').pid;
    for (const name of ['ringtail.x', 'ringtail.', 'mine', `${prefix}.1.${ended}.${start}.0`, `ringtail.${ended}`]) {
      expect([name, names.isLeftOver(name)]).toEqual([name, false]);
    }
  });
});
