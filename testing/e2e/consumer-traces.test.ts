import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../packages/consumerd/src/consumer.ts';
import { recoverRings } from '../../packages/consumerd/src/crash/recover-rings.ts';
import { systemCalls } from '../../packages/consumerd/src/output/files/file-calls.ts';
import { requests } from '../../packages/consumerd/src/testing/requests.test.support.ts';
import { TestRing } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';
import { requirePeer } from '../peers.ts';

const babeltrace2 = requirePeer('babeltrace2', 'that it reads what the consumer daemon and a recovery write');

let root: string;
let rings: TestRing[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-judged-'));
  rings = [];
});
afterEach(() => {
  for (const ring of rings) ring.close();
  rmSync(root, { recursive: true, force: true });
});

/** A consumer daemon with two rings; 818 records fit into the first two 4096-byte sub-buffers of each. */
function startSession() {
  const directory = join(root, 'shm');
  mkdirSync(directory);
  const timers = new FakeTimers();
  const consumer = new Consumer({ calls: systemCalls, timers, log: () => {} });
  const { setUp, openRing } = requests(directory);
  for (const command of setUp) consumer.handle(command);
  for (const id of [1, 2]) {
    const ring = new TestRing({ directory, name: `channel0_10-11-${id}.ring` });
    rings.push(ring);
    consumer.handle(openRing(id, ring));
  }
  const [first, second] = rings as [TestRing, TestRing];
  return { directory, timers, consumer, first, second };
}

function read(path: string): { events: string[]; messages: string } {
  const { status, stdout, stderr } = spawnSync(babeltrace2 as string, ['--clock-gmt', path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`babeltrace2 failed: ${stderr}`);
  return { events: stdout.trimEnd().split('\n'), messages: stderr };
}

const numberIn = (line: string) => Number(/ n = (\d+) \}$/.exec(line)?.[1]);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe.skipIf(babeltrace2 === undefined)('babeltrace2 on traces of the consumer daemon', () => {
  it('reads every event of a session in order, with time and thread', () => {
    const { directory, timers, consumer, first } = startSession();
    first.record(1000);
    timers.advance(2000);
    first.record(10);
    consumer.handle({ type: 'close-session', session: 's' });
    const { events, messages } = read(join(directory, 'out'));
    expect(messages).toBe('');
    expect(events.map(numberIn)).toEqual(upTo(1010));
    expect(events[0]).toMatch(
      /^\[22:13:20\.001001000\] .*test:number: .*vpid = 10, vtid = 11, procname = "test".* \{ n = 0 \}$/,
    );
    expect(events[1009]).toMatch(/^\[22:13:20\.002010000\] /);
  });

  it('reports the number of discarded events, also after the last packet', () => {
    const { directory, consumer, first } = startSession();
    first.record(2000);
    consumer.handle({ type: 'close-session', session: 's' });
    const { events, messages } = read(join(directory, 'out'));
    expect(events.map(numberIn)).toEqual(upTo(first.recorded));
    expect(messages).toMatch(new RegExp(`discarded ${2000 - first.recorded} events`));
  });

  it('reads the trace of a dead consumer daemon, and the rest in its rings', () => {
    const { directory, timers, first, second } = startSession();
    first.record(1000);
    second.record(7);
    timers.advance(10);
    recoverRings(directory, join(root, 'recovered'));
    expect(read(join(directory, 'out')).events.map(numberIn)).toEqual(upTo(818));
    const rest = read(join(root, 'recovered')).events.map(numberIn);
    expect(rest.sort((a, b) => a - b)).toEqual([...upTo(7), ...upTo(1000).slice(818)]);
  });
});
