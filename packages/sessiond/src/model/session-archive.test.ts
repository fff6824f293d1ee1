import { directoryAt } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { SNAPSHOT_OUTPUTS_MAX } from '../shares/limits.ts';
import { SessionArchive } from './session-archive.ts';

const archive = (more: object = {}) =>
  new SessionArchive({ name: 's', snapshot: true, output: directoryAt('/out'), ...more });
const output = (name: string | null) => ({ name, path: '/elsewhere', maxBytes: null });
const coded = (code: string) => expect.objectContaining({ code });

describe('snapshot outputs', () => {
  it('have one from the start in a flight recorder with an output, and none else', () => {
    expect(archive().outputs).toEqual([{ id: 1, name: 'snapshot-1', path: '/out', maxBytes: null }]);
    expect(archive({ output: null }).outputs).toEqual([]);
    expect(archive({ snapshot: false }).outputs).toEqual([]);
  });

  it('are several, by numbers that are never used again and by names that there are once', () => {
    const outputs = archive();
    expect(outputs.addOutput(output('mine'))).toMatchObject({ id: 2, name: 'mine' });
    expect(() => outputs.addOutput(output('mine'))).toThrow(coded('SNAPSHOT_OUTPUT_EXISTS'));
    outputs.deleteOutput('mine');
    outputs.deleteOutput(1);
    expect(outputs.addOutput(output(null))).toMatchObject({ id: 3, name: 'snapshot-3' });
    expect(() => outputs.deleteOutput(1)).toThrow(coded('NO_SNAPSHOT_OUTPUT'));
  });

  it('are a bounded number', () => {
    const outputs = archive();
    for (let count = 1; count < SNAPSHOT_OUTPUTS_MAX; count++) outputs.addOutput(output(null));
    expect(() => outputs.addOutput(output(null))).toThrow(coded('TOO_MANY'));
  });
});

describe('the rotation schedule', () => {
  it('is changed member by member, and not twice', () => {
    const schedule = archive();
    expect(schedule.setSchedule({ timerUs: 5 })).toEqual({ timerUs: 5, sizeBytes: null });
    expect(schedule.setSchedule({ sizeBytes: 7 })).toEqual({ timerUs: 5, sizeBytes: 7 });
    expect(() => schedule.setSchedule({ timerUs: 6 })).toThrow(coded('ROTATION_SCHEDULE_SET'));
    expect(schedule.setSchedule({ timerUs: null })).toEqual({ timerUs: null, sizeBytes: 7 });
    expect(() => schedule.setSchedule({ timerUs: null, sizeBytes: null })).toThrow(coded('NO_ROTATION_SCHEDULE'));
    expect(schedule.schedule).toEqual({ timerUs: null, sizeBytes: 7 });
    expect(archive().setSchedule({ timerUs: 5, sizeBytes: null })).toEqual({ timerUs: 5, sizeBytes: null });
  });
});

describe('trace chunks', () => {
  const at = (second: number) => new Date(2026, 10, 20, 0, 0, second);

  it('begin with the first start and with every rotation', () => {
    const chunks = archive();
    expect(chunks.chunkBegin).toBeUndefined();
    chunks.started(at(1));
    chunks.started(at(2));
    expect(chunks.chunkBegin).toEqual(at(1));
    chunks.rotated('/a', at(3), true, 9);
    expect([chunks.chunkBegin, chunks.unarchived, chunks.rotations]).toEqual([at(3), true, 1]);
  });

  it('begin again with the start after a rotation of a stopped session, which leaves nothing to archive', () => {
    const chunks = archive();
    chunks.started(at(1));
    chunks.rotated('/a', at(2), false, 9);
    expect(chunks.unarchived).toBe(false);
    chunks.started(at(5));
    expect([chunks.chunkBegin, chunks.unarchived]).toEqual([at(5), true]);
    expect(chunks.describe()).toMatchObject({ rotations: 1, lastArchive: '/a' });
  });
});
