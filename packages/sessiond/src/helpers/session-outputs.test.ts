import { type Destination, directoryAt } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { Session } from '../model/session.ts';
import { SessionOutputs } from './session-outputs.ts';

const RELAY = { kind: 'relay', address: 'net://host' } as unknown as Destination;
const owner = { uid: 1000, gid: 1000 };
const session = (output: Destination | null, snapshot = false) => ({ output, snapshot, owner }) as Session;

/** Outputs, with the operations that helper processes get. */
function outputsWith(descriptor?: number) {
  const asked: unknown[] = [];
  const outputs = new SessionOutputs({
    perform: async (...operation: unknown[]) => {
      asked.push(operation);
      return true as never;
    },
    performOpening: async (...operation: unknown[]) => {
      asked.push(operation);
      return { result: '/out/new' as never, descriptor };
    },
  });
  return { asked, outputs };
}

const NEW = { name: 'n', date: '20261120-133354', beside: false };

describe('SessionOutputs', () => {
  it('refuses everything but directories before a helper process gets an operation', async () => {
    const { asked, outputs } = outputsWith();
    const wanted = { destination: RELAY, snapshot: false, owner, inUse: false, ...NEW };
    const refusal = expect.objectContaining({
      code: 'UNSUPPORTED',
      message: 'not supported yet: an output to a relay',
    });
    await expect(outputs.claim(wanted)).rejects.toEqual(refusal);
    await expect(outputs.claim({ ...wanted, snapshot: true })).rejects.toEqual(refusal);
    await expect(outputs.prepare(session(RELAY), 'user')).rejects.toEqual(refusal);
    expect(() => outputs.archiveAt(RELAY, 'a')).toThrow(refusal);
    await expect(outputs.makeArchive(RELAY, RELAY, owner)).rejects.toEqual(refusal);
    await expect(outputs.makeSnapshot(RELAY, 'a', owner)).rejects.toEqual(refusal);
    await expect(outputs.removeEmptyChunk(RELAY, owner)).rejects.toEqual(refusal);
    await expect(outputs.removeCheckpoints(RELAY, [], owner)).rejects.toEqual(refusal);
    expect(asked).toEqual([]);
  });

  it('makes the directory of a domain in an output, and none for snapshots', async () => {
    const { asked, outputs } = outputsWith();
    await outputs.prepare(session(null), 'user');
    await outputs.prepare(session(directoryAt('/out'), true), 'user');
    await outputs.prepare(session(directoryAt('/out')), 'kernel');
    await outputs.prepare(session(directoryAt('/out')), 'pino');
    expect(asked).toEqual([
      ['prepare-domain-directory', owner, { path: '/out', name: 'kernel' }],
      ['prepare-domain-directory', owner, { path: '/out', name: 'ust' }],
    ]);
  });

  it('answers the directory that was claimed in place of the wanted one', async () => {
    const { outputs } = outputsWith();
    const wanted = { destination: directoryAt('/out'), snapshot: false, owner, inUse: true, ...NEW };
    expect((await outputs.claim(wanted)).destination).toEqual(directoryAt('/out/new'));
    expect((await outputs.claim({ ...wanted, snapshot: true })).destination).toEqual(directoryAt('/out'));
    expect((await outputs.claim({ ...wanted, destination: null })).destination).toBeNull();
    expect(outputs.archiveAt(directoryAt('/out'), 'a')).toEqual(directoryAt('/out/archives/a'));
  });
});
