export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that 99 of 100 values do not exceed. */
export function percentile99(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1];
}

/**
 * Measures each variant once a round, in turn, so that a machine that slows down slows all of them.
 *
 * @param variants name to an async function that returns a number
 * @param failures receives the message of a variant that throws: it is not measured again and has no median
 * @returns name to the median over the rounds
 */
export async function interleave(rounds, variants, failures = undefined) {
  const samples = new Map(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(variants)) {
      if (failures?.has(name)) continue;
      try {
        samples.get(name).push(await measure());
      } catch (error) {
        if (failures === undefined) throw error;
        failures.set(name, String(error.message).split('\n')[0]);
      }
    }
  }
  const finished = [...samples].filter(([name]) => !failures?.has(name));
  return Object.fromEntries(finished.map(([name, values]) => [name, median(values)]));
}
