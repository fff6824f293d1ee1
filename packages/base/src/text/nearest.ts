/** Names similar to a misspelt one, the nearest first. */
export function nearestNames(name: string, names: Iterable<string>): string[] {
  const tolerance = Math.max(1, Math.floor(name.length / 3));
  return [...new Set(names)]
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** `did you mean "a"? ` with the nearest name, or an empty text. A general next step follows it. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const [nearest] = nearestNames(name, names);
  return nearest === undefined ? '' : `did you mean "${nearest}"? `;
}

/** Number of characters to insert, remove, replace, or swap with a neighbour to turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          replaced,
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          exchanged ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
