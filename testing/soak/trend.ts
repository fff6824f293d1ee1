/** A series of samples. A regression line over the last two thirds shows its growth. */
export interface Trend {
  readonly name: string;
  /** Slope an hour, in the unit of the samples. */
  readonly slope: number;
  /** Growth of the line from the first to the last used sample. */
  readonly growth: number;
  readonly first: number;
  readonly last: number;
}

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

const HOUR_MS = 3_600_000;
/** Warm-up, in which caches fill, code is compiled and heaps grow. */
const WARM_UP_PART = 1 / 3;

/** The least-squares line through the samples after the warm-up; flat if there are too few. */
export function trendOf(name: string, samples: readonly Sample[]): Trend {
  const judged = samples.slice(Math.floor(samples.length * WARM_UP_PART));
  const first = judged[0];
  const last = judged.at(-1);
  if (first === undefined || last === undefined || first === last) {
    return { name, slope: 0, growth: 0, first: first?.value ?? 0, last: last?.value ?? 0 };
  }
  const meanAt = mean(judged.map(({ atMs }) => atMs));
  const meanValue = mean(judged.map(({ value }) => value));
  let covariance = 0;
  let variance = 0;
  for (const { atMs, value } of judged) {
    covariance += (atMs - meanAt) * (value - meanValue);
    variance += (atMs - meanAt) ** 2;
  }
  const perMs = covariance / variance;
  return {
    name,
    slope: perMs * HOUR_MS,
    growth: perMs * (last.atMs - first.atMs),
    first: first.value,
    last: last.value,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
