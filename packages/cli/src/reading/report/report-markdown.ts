import type { Findings } from '@ringtail/analyses';
import { findingCommand } from './finding-commands.ts';
import { adviceOf, findingText, shownPlace } from './finding-words.ts';
import { gcText, headText, nothingKnown, type ReportTable, slowestTable, spanTables } from './report-sections.ts';
import { stackOf } from './report-text.ts';

/** The report as Markdown, for issues and pages. */
export function reportMarkdown(data: Findings, paths: readonly string[], isUtc: boolean): string {
  if (data.knownCount === 0) return `# Report\n\n${escaped(nothingKnown(data))}\n`;
  const findings = data.findings.map((finding) => {
    const stack = stackOf(finding).map((line) => `at ${shownPlace(line)}`);
    return [
      `### ${escaped(findingText(finding))}`,
      ...(stack.length === 0 ? [] : [code(stack.join('\n'), 'text')]),
      escaped(adviceOf(finding)),
      code(findingCommand(finding, paths), 'sh'),
    ].join('\n\n');
  });
  const tables = [...slowestTable(data, paths, isUtc), ...spanTables(data, paths)];
  const gc = gcText(data);
  return `${[
    '# Report',
    escaped(headText(data)),
    '## Findings',
    ...(findings.length === 0 ? ['No rule found anything.'] : findings),
    ...tables.map(tableText),
    ...(gc === '' ? [] : [`## Garbage collection\n\n${escaped(gc)}`]),
  ].join('\n\n')}\n`;
}

function tableText({ title, heads, rows, command }: ReportTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  const table =
    rows.length === 0
      ? 'Nothing that was recorded happened during it.'
      : [line(['', ...heads]), `| --- |${' ---: |'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
  return [`## ${escaped(title)}`, table, code(command, 'sh')].join('\n\n');
}

/** A fence that is longer than each run of backticks in the text. */
function code(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Text in which nothing is markup or HTML. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|#~&]/g, '\\$&');
}
