import { describe, expect, it } from 'vitest';
import { ATTACK_SEED, attackNumber } from './attack-number.ts';
import { ATTACKERS, AttackedDaemon, canAttack, expectReadable } from './attacked-daemon.ts';

const DECLARATIONS = attackNumber('DECLARATIONS') ?? 600;
const FIRST_DECLARATIONS = 200;

describe.skipIf(!canAttack)('hostile declarations of another user', () => {
  it(
    `leave metadata readable and other programs recorded, ${DECLARATIONS} declarations`,
    async () => {
      const daemon = await AttackedDaemon.open();
      const attack = (seed: number, count: number) => daemon.attack(ATTACKERS[0], 'declarations.mjs', seed, count);
      await attack(ATTACK_SEED + 1, FIRST_DECLARATIONS);
      await daemon.noteUse();
      const report = await attack(ATTACK_SEED, DECLARATIONS);
      expect(report.declared).toBeGreaterThan(DECLARATIONS / 20);
      expect(Object.keys(report.cut as object).length).toBeGreaterThan(10);
      await daemon.judge();
      expectReadable(daemon.output);
    },
    300_000 + DECLARATIONS * 50,
  );
});
