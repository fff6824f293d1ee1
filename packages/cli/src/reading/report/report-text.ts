import type { Finding, Findings } from '@ringtail/analyses';
import type { Style } from '../../output/style.ts';
import { tableLines } from '../../output/table.ts';
import { findingCommand } from './finding-commands.ts';
import { adviceOf, findingText, shownPlace } from './finding-words.ts';
import { gcText, headText, nothingKnown, type ReportTable, slowestTable, spanTables } from './report-sections.ts';

interface TextStyle {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
  readonly isUtc: boolean;
}

const STACK_LINES_SHOWN = 8;

/** The report for people. */
export function reportText(data: Findings, paths: readonly string[], options: TextStyle): string {
  const { width, isUtc } = options;
  if (data.knownCount === 0) return `${wrapped(nothingKnown(data), '', width).join('\n')}\n`;
  const isEmpty = data.findings.length === 0;
  const sections = [
    wrapped(headText(data), '', width),
    isEmpty
      ? ['No rule found anything.']
      : data.findings.flatMap((finding, i) => findingLines(finding, i, paths, options)),
    ...slowestTable(data, paths, isUtc).map((table) => slowestLines(table, options)),
    ...spanTables(data, paths).map((table) => tableText(table, options)),
    wrapped(gcText(data), '', width),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function findingLines(finding: Finding, i: number, paths: readonly string[], { width, style }: TextStyle): string[] {
  const number = `${i + 1}. `;
  const [first, ...rest] = wrapped(findingText(finding), '   ', width);
  return [
    style.bold(number + first!.trimStart()),
    ...rest.map((line) => style.bold(line)),
    ...stackOf(finding).map((line) => `     at ${shownPlace(line)}`),
    ...wrapped(adviceOf(finding), '   ', width),
    `   ${style.cyan(findingCommand(finding, paths))}`,
  ];
}

/** The stack of a stall, an exception or a listener. */
export function stackOf(finding: Finding): readonly string[] {
  return wholeStackOf(finding).slice(0, STACK_LINES_SHOWN);
}

function wholeStackOf(finding: Finding): readonly string[] {
  switch (finding.rule) {
    case 'event-loop-stall':
    case 'slow-regular-expression':
      return finding.stalls.longest.stack;
    case 'uncaught-exception':
      return finding.error.longest.stack;
    case 'listener-leak':
      return finding.leaks.longest.stack;
    default:
      return [];
  }
}

function slowestLines({ title, heads, rows, command }: ReportTable, { width, style }: TextStyle): string[] {
  const [first, ...rest] = wrapped(title, '', width);
  const during =
    rows.length === 0
      ? ['  Nothing that was recorded happened during it.']
      : tableLines([['  during it', ...heads], ...rows.map(([name, ...cells]) => [`  ${name}`, ...cells])], width);
  return [style.bold(first!), ...rest, ...during, `  ${style.cyan(command)}`];
}

function tableText({ title, heads, rows, command }: ReportTable, { width, style }: TextStyle): string[] {
  const [head, ...lines] = tableLines(
    [[title, ...heads], ...rows.map(([name, ...cells]) => [`  ${name}`, ...cells])],
    width,
  );
  return [style.bold(head!), ...lines, `  ${style.cyan(command)}`];
}

/** Lines of at most `width` characters, each after an indent. Longer words stay whole. */
function wrapped(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
