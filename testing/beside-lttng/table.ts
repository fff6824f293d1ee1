import type { Row } from './rows/row.ts';

const BEGIN = '<!-- Made by RINGTAIL_UPDATE_DOCS=1 npx vitest run testing/beside-lttng -->';
const END = '<!-- End of the generated table. -->';

/** The rows as a Markdown table; each difference is described in words. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const codes = row.lttng === undefined ? String(row.exitCode) : `${row.exitCode} (lttng: ${row.lttng})`;
    const remarks = [row.reason, row.notCompared].filter((remark) => remark !== undefined);
    return `| ${code(row.words)} | ${(row.setUp ?? []).map(code).join(', ')} | ${codes} | ${remarks.join('; ')} |`;
  });
  return ['| command line | after | exit code | what differs |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** The document with the table in its place. */
export function withTable(document: string, table: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the document lacks the marks around the table: ${BEGIN} … ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${document.slice(end)}`;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
