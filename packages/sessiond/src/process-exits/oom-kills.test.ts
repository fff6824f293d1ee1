import { describe, expect, it } from 'vitest';
import { OomLedger, oomCounterOf } from './oom-kills.ts';

const V2 = '/sys/fs/cgroup/app/memory.events';
const vmstat = { '/proc/vmstat': 'pgfault 12\noom_kill 5\n' };

function reader(files: Record<string, string>) {
  return (path: string): string | undefined => files[path];
}

describe('oomCounterOf', () => {
  it.each([
    [
      'cgroups of version 2',
      { '/proc/7/cgroup': '0::/app\n', [V2]: 'low 0\noom 1\noom_kill 3\noom_group_kill 0\n', ...vmstat },
      { path: V2, kills: 3 },
    ],
    [
      'cgroups of version 1',
      {
        '/proc/7/cgroup': '9:name=systemd:/\n4:cpu,memory:/a:b\n0::/\n',
        '/sys/fs/cgroup/memory/a:b/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
        ...vmstat,
      },
      { path: '/sys/fs/cgroup/memory/a:b/memory.oom_control', kills: 2 },
    ],
    [
      'the machine, where cgroups say nothing',
      { '/proc/7/cgroup': '0::/\n', ...vmstat },
      { path: '/proc/vmstat', kills: 5 },
    ],
    [
      'the machine, for a process outside of the cgroups that we see',
      { '/proc/7/cgroup': '0::/../../app\n', '/sys/fs/cgroup/../../app/memory.events': 'oom_kill 9\n', ...vmstat },
      { path: '/proc/vmstat', kills: 5 },
    ],
    ['nothing', {}, undefined],
  ])('finds %s', (_, files, counter) => {
    expect(oomCounterOf(7, reader(files as Record<string, string>))).toEqual(counter);
  });
});

describe('OomLedger', () => {
  it('assigns each kill to one process, and no earlier kill', () => {
    const files: Record<string, string> = { '/proc/1/cgroup': '0::/app\n', [V2]: 'oom_kill 3\n' };
    const ledger = new OomLedger(reader(files));
    const counters = [1, 1, 1, 1].map((pid) => ledger.watch(pid)!);
    expect(ledger.claim(counters[0]!)).toBe(false);
    files[V2] = 'oom_kill 5\n';
    expect(counters.map((counter) => ledger.claim(counter))).toEqual([true, true, false, false]);
    for (const counter of counters) ledger.release(counter);
    files[V2] = 'oom_kill 6\n';
    const next = ledger.watch(1)!;
    expect(ledger.claim(next)).toBe(false);
    files[V2] = 'oom_kill 7\n';
    expect(ledger.claim(next)).toBe(true);
  });

  it('assigns nothing for a cgroup that is gone', () => {
    const files: Record<string, string> = { '/proc/1/cgroup': '0::/app\n', [V2]: 'oom_kill 3\n' };
    const ledger = new OomLedger(reader(files));
    const counter = ledger.watch(1)!;
    delete files[V2];
    expect(ledger.claim(counter)).toBe(false);
  });
});
