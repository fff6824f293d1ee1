import { describe, expect, it } from 'vitest';
import { ATTACK_SEED, attackNumber } from './attack-number.ts';
import { ATTACKERS, AttackedDaemon, canAttack } from './attacked-daemon.ts';

const REQUESTS = attackNumber('REQUESTS') ?? 2000;
const FIRST_REQUESTS = 300;

describe.skipIf(!canAttack)('damaged requests of another user', () => {
  it(
    `are all answered, or their connection is closed with a reason, ${REQUESTS} requests`,
    async () => {
      const daemon = await AttackedDaemon.open();
      const attack = (seed: number, count: number) => daemon.attack(ATTACKERS[0], 'requests.mjs', seed, count);
      await attack(ATTACK_SEED + 1, FIRST_REQUESTS);
      await daemon.noteUse();
      const report = await attack(ATTACK_SEED, REQUESTS);
      // Damage that is always refused, or never, would prove little.
      expect(report.answered).toBeGreaterThan(REQUESTS / 20);
      expect(Object.keys(report.refused as object).length).toBeGreaterThan(10);
      await daemon.judge();
    },
    300_000 + REQUESTS * 20,
  );
});
