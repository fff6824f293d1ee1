export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Measures each variant once a round, in turn, so that a machine that slows down slows all of them.
 *
 * @param variants name to an async function that returns a number
 * @returns name to the median over the rounds
 */
export async function interleave(rounds, variants) {
  const samples = new Map([...Object.keys(variants)].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(variants)) samples.get(name).push(await measure());
  }
  return Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]));
}
