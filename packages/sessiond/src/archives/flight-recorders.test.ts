import { describe, expect, it } from 'vitest';
import type { Log } from '../log/log.ts';
import type { Session } from '../model/session.ts';
import { FlightRecorders } from './flight-recorders.ts';

function newRecorders(...sessions: readonly (Partial<Session> & { readonly name: string })[]) {
  const asked: unknown[] = [];
  const errors: string[] = [];
  const log: Log = { error: (text) => void errors.push(text), warn: () => {}, info: () => {}, debug: () => {} };
  const recorders = new FlightRecorders({
    sessions: () => sessions as readonly Session[],
    execute: async ({ command, params }) => {
      asked.push([command, 'session' in params && params.session]);
      if (command === 'record-snapshot' && params.session === 'broken') throw new Error('the disk is full');
    },
    log,
  });
  return { recorders, asked, errors };
}

const RECORDER = { snapshot: true, started: true, leaving: false };

describe('a snapshot of all flight recorders', () => {
  it('is one of each that has been started and is not on its way out', async () => {
    const { recorders, asked, errors } = newRecorders(
      { name: 'a', ...RECORDER },
      { name: 'writes', ...RECORDER, snapshot: false },
      { name: 'never', ...RECORDER, started: false },
      { name: 'going', ...RECORDER, leaving: true },
      { name: 'b', ...RECORDER },
    );
    await recorders.snapshotAll('test');
    expect(asked).toEqual([
      ['record-snapshot', 'a'],
      ['record-snapshot', 'b'],
    ]);
    expect(errors).toEqual([]);
  });

  it('says what could not be recorded, and records the others', async () => {
    const { recorders, asked, errors } = newRecorders({ name: 'broken', ...RECORDER }, { name: 'b', ...RECORDER });
    await recorders.snapshotAll('test');
    expect(asked).toHaveLength(2);
    expect(errors).toEqual(['test: no snapshot of the session broken: the disk is full']);
  });
});
