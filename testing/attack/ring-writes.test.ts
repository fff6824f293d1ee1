import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { pause } from '../e2e/harness.ts';
import { ATTACK_SEED, attackNumber } from './attack-number.ts';
import { ATTACKERS, AttackedDaemon, canAttack } from './attacked-daemon.ts';

const WRITES = attackNumber('RING_WRITES') ?? 5000;
const FIRST_WRITES = 2000;
const SNAPSHOT_PERIOD_MS = 200;
/** Small sub-buffers: packets follow quickly and are overwritten while they are read. */
const CHANNEL = { ...DEFAULT_CHANNEL, subBufBytes: 4096, subBufCount: 4 };

describe.skipIf(!canAttack)('writes of another user into the rings that it shares', () => {
  it(
    `harm only those rings, with trace files and in flight recorders, ${WRITES} writes`,
    async () => {
      const daemon = await AttackedDaemon.open();
      const { client } = daemon;
      await client.createSession({ name: 'files', output: `${daemon.output}-files` });
      await client.enableChannel('files', { ...CHANNEL, name: 'attacked-files' });
      await client.createSession({ name: 'recorder', output: `${daemon.output}-recorder`, snapshot: true });
      await client.enableChannel('recorder', { ...CHANNEL, name: 'attacked-recorder', mode: 'overwrite' });
      for (const session of ['files', 'recorder']) {
        await client.enableEvent(session, { pattern: 'attack:*' }, `attacked-${session}`);
        await client.startSession(session);
      }
      const attack = (seed: number, count: number) => daemon.attack(ATTACKERS[0], 'ring-writes.mjs', seed, count);
      await attack(ATTACK_SEED + 1, FIRST_WRITES);
      await daemon.noteUse();
      let isOver = false;
      const attacked = attack(ATTACK_SEED, WRITES).finally(() => {
        isOver = true;
      });
      let snapshots = 0;
      for (; !isOver; snapshots++) {
        await client.recordSnapshot('recorder');
        await pause(SNAPSHOT_PERIOD_MS);
      }
      const { records } = await attacked;
      expect(records).toBeGreaterThan(WRITES);
      expect(snapshots).toBeGreaterThan(0);
      const { eventsRecorded, eventsLost } = await client.destroySession('files');
      process.stderr.write(`attack: ${snapshots} snapshots, ${eventsRecorded} events recorded, ${eventsLost} lost\n`);
      // Otherwise the consumer daemon read nothing, and the test would prove nothing.
      expect(eventsRecorded).toBeGreaterThan(WRITES / 10);
      await client.destroySession('recorder');
      await daemon.judge();
    },
    300_000 + WRITES * 5,
  );
});
