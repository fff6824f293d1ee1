/**
 * Divides a budget of bytes among rings in equal parts. A ring that needs less leaves the rest of its part to the
 * others.
 *
 * @param wanted bytes that each ring could use
 * @returns bytes for each ring, together at most `budget`
 */
export function byteShares(wanted: readonly number[], budget: number): number[] {
  const shares = wanted.map(() => 0);
  const byNeed = wanted.map((bytes, idx) => ({ bytes, idx })).sort((a, b) => a.bytes - b.bytes);
  let left = budget;
  byNeed.forEach(({ bytes, idx }, rank) => {
    const share = Math.min(bytes, Math.floor(left / (byNeed.length - rank)));
    shares[idx] = share;
    left -= share;
  });
  return shares;
}
