/** What `npm run fuzz` was told with an option, if it was: `RINGTAIL_FUZZ_SEED` and the like. */
export function fuzzNumber(name: 'SEED' | 'INPUTS' | 'RECORDS' | 'TRACES' | 'ONLY'): number | undefined {
  const text = process.env[`RINGTAIL_FUZZ_${name}`];
  return text === undefined || text === '' ? undefined : Number(text);
}
