const GAP = '  ';

/**
 * Lines of a table: the first column is aligned to the left, the others to the right.
 *
 * A first cell that would make its line wider than `width` is on a line of its own, above its row.
 */
export function tableLines(rows: readonly (readonly string[])[], width: number): string[] {
  const columnCount = Math.max(0, ...rows.map((row) => row.length));
  const widthOf = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const widths = Array.from({ length: columnCount }, (_, column) => widthOf(column));
  const others = widths.slice(1).reduce((sum, one) => sum + one + GAP.length, 0);
  const first = rows.map(([cell = '']) => cell.length).filter((length) => length + others <= width);
  const firstWidth = Math.max(0, ...first);
  return rows.flatMap(([cell = '', ...cells]) => {
    if (cells.length === 0) return [cell];
    const rest = cells.map((text, i) => GAP + text.padStart(widths[i + 1]!)).join('');
    const lines = cell.length <= firstWidth ? [cell.padEnd(firstWidth) + rest] : [cell, ' '.repeat(firstWidth) + rest];
    return lines.map((line) => line.trimEnd());
  });
}
