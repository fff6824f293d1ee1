/** A number from an option of `npm run attack`, for example `RINGTAIL_ATTACK_SEED`. Undefined without the option. */
export function attackNumber(
  name: 'SEED' | 'REQUESTS' | 'DECLARATIONS' | 'RING_WRITES' | 'COMMANDS' | 'MINUTES',
): number | undefined {
  const text = process.env[`RINGTAIL_ATTACK_${name}`];
  return text === undefined || text === '' ? undefined : Number(text);
}

/** The suite always attacks with this seed; `npm run attack` can use another. */
export const ATTACK_SEED = attackNumber('SEED') ?? 20_261_201;
