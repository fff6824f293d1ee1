/** A number from an option of `npm run fuzz`, for example `RINGTAIL_FUZZ_SEED`. Undefined without the option. */
export function fuzzNumber(name: 'SEED' | 'INPUTS' | 'RECORDS' | 'TRACES' | 'ONLY'): number | undefined {
  const text = process.env[`RINGTAIL_FUZZ_${name}`];
  return text === undefined || text === '' ? undefined : Number(text);
}
