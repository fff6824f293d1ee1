/** A number that `npm run attack` passes on, if it does: `RINGTAIL_ATTACK_SEED` and the like. */
export function attackNumber(
  name: 'SEED' | 'REQUESTS' | 'DECLARATIONS' | 'RING_WRITES' | 'COMMANDS' | 'MINUTES',
): number | undefined {
  const text = process.env[`RINGTAIL_ATTACK_${name}`];
  return text === undefined || text === '' ? undefined : Number(text);
}

/** The suite always attacks with the same seed; `npm run attack` takes others. */
export const ATTACK_SEED = attackNumber('SEED') ?? 20_261_201;
