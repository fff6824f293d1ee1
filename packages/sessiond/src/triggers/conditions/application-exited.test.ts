import type { ExitCause } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { processEndOf } from '../../process-exits/process-end.ts';
import type { EndListener } from '../../process-exits/process-exits.ts';
import { processOf } from '../../testing/threads.test.support.ts';
import { watchedTrigger } from '../../testing/watched-trigger.test.support.ts';
import { applicationExited } from './application-exited.ts';

const unknown = { goodbye: undefined, abort: null, oomKilled: () => false };

function makeSource() {
  const listeners = new Set<EndListener>();
  const source = applicationExited((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  });
  const occurred: unknown[] = [];
  const start = (causes: readonly ExitCause[], procname = '*', uid = 0) =>
    source.start(watchedTrigger({ kind: 'application-exited', procname, causes }, uid), (_n, _c, details) => {
      occurred.push(details);
    });
  const ends = (status: number | undefined, procname = 'node', uid = 7, program = 'app.js') => {
    const ended = { process: processOf(5, procname, program), uid, end: processEndOf({ ...unknown, status }) };
    for (const listener of listeners) listener(ended);
  };
  return { occurred, start, ends, listeners };
}

describe('application-exited', () => {
  it('holds for ends by one of the causes, with their details', () => {
    const { occurred, start, ends } = makeSource();
    start(['signal', 'exit-code']);
    for (const status of [undefined, 0, 3 << 8, 0x80 | 11]) ends(status);
    const names = { procname: 'node', program: 'app.js' };
    const noSignal = { signal: null, signalNumber: null, coreDump: null };
    const nothing = { exitCode: null, ...noSignal, abortedBy: null, exception: null };
    expect(occurred).toEqual([
      { ...nothing, pid: 5, ...names, cause: 'exit-code', exitCode: 3 },
      { ...nothing, pid: 5, ...names, cause: 'signal', signal: 'SIGSEGV', signalNumber: 11, coreDump: 'yes' },
    ]);
  });

  it('holds for processes of its user with its name, as title or as program', () => {
    const { occurred, start, ends } = makeSource();
    start(['unknown'], 'web-*', 7);
    ends(undefined, 'web-1', 7);
    ends(undefined, 'web-2', 8);
    ends(undefined, 'job', 7);
    ends(undefined, 'node', 7, 'web-3');
    expect(occurred).toMatchObject([{ procname: 'web-1', cause: 'unknown' }, { program: 'web-3' }]);
  });

  it('does not listen after it was stopped', () => {
    const { start, listeners } = makeSource();
    start(['signal'])();
    expect(listeners.size).toBe(0);
  });
});
