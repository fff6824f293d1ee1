import { describe, expect, it } from 'vitest';
import { ATTACK_SEED, attackNumber } from './attack-number.ts';
import { ATTACKERS, AttackedDaemon, canAttack } from './attacked-daemon.ts';

const COMMANDS = attackNumber('COMMANDS') ?? 1200;
const FIRST_COMMANDS = 300;
const USERS = [0, ...ATTACKERS];

describe.skipIf(!canAttack)('conflicting commands of three users', () => {
  it(
    `are all answered and change no other session, ${COMMANDS} commands`,
    async () => {
      const daemon = await AttackedDaemon.open();
      // Otherwise two of them would have no events to record.
      for (const uid of ATTACKERS) await daemon.record(uid);
      const attack = (seed: number, count: number) =>
        Promise.all(
          USERS.map((uid, at) => daemon.attack(uid, 'commands.mjs', seed + at, Math.ceil(count / USERS.length))),
        );
      await attack(ATTACK_SEED + USERS.length, FIRST_COMMANDS);
      await daemon.noteUse();
      const reports = await attack(ATTACK_SEED, COMMANDS);
      const done = reports.reduce((sum, report) => sum + (report.done as number), 0);
      // A test with mostly refused commands would prove little.
      expect(done).toBeGreaterThan(COMMANDS / 10);
      await daemon.judge();
    },
    300_000 + COMMANDS * 100,
  );
});
