const DIGITS = 6;
const ROUGH_DIGITS = 4;

/** A number of a field: integers as they are, others with six digits. */
export function numberText(value: number | bigint): string {
  if (typeof value === 'bigint') return value.toString();
  if (Number.isSafeInteger(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 64) return BigInt(value).toString();
  return String(Number(value.toPrecision(DIGITS)));
}

/** An integer in hexadecimal digits, as the metadata of addresses and masks wants it; other numbers as `numberText`. */
export function hexText(value: number | bigint): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return numberText(value);
  return value < 0 ? `-0x${(-BigInt(value)).toString(16)}` : `0x${value.toString(16)}`;
}

/** A quantile that need not be exact: then with fewer digits, and a `~` before it. */
export function quantileText(value: number | bigint, isExact: boolean, text = numberText): string {
  if (isExact) return text(value);
  const rough = text === hexText ? Math.round(Number(value)) : Number(Number(value).toPrecision(ROUGH_DIGITS));
  return `~${text(rough)}`;
}

const UNITS: readonly (readonly [unit: string, ns: number])[] = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
];

/** A duration with three digits: `431 ns`, `1.50 µs`, `12.3 ms`, `125 s`. */
export function durationText(ns: number | bigint): string {
  const value = Number(ns);
  const found = UNITS.find(([, of]) => Math.abs(value) >= of * 0.9995);
  if (found === undefined) return `${value} ns`;
  const [unit, of] = found;
  const amount = value / of;
  return `${Math.abs(amount) >= 999.5 ? Math.round(amount) : amount.toPrecision(3)} ${unit}`;
}

/** The same without a fraction of zeros: bounds of bins are round. */
export function roundDurationText(ns: number): string {
  return durationText(ns).replace(/\.0+(?= )/, '');
}
