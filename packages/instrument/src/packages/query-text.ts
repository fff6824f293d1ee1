/** How a database writes texts and names. */
export type SqlDialect = 'postgresql' | 'mysql';

/** Only the begin of a longer query is recorded. */
const QUERY_LENGTH_MAX = 4096;
const TEXT_LENGTH_MAX = 1000;
const CACHE_MAX = 500;
const CACHED_LENGTH_MAX = 1000;

const COMMENT = String.raw`--[^\n]*|/\*[^]*?(?:\*/|$)`;
const WORD = String.raw`[\p{L}_][\p{L}\p{N}_$]*`;
const NUMBER = String.raw`0[xob][\da-f_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?`;

/** Parts of a query: values, comments and spaces, and names, which stay. A text without an end is the rest. */
function partsPattern(texts: readonly string[], names: readonly string[]): RegExp {
  return new RegExp(
    `(?<value>${texts.join('|')})|(?<space>(?:\\s+|${COMMENT})+)|(?<name>${[...names, WORD].join('|')})|(?<number>${NUMBER})`,
    'giu',
  );
}

const PARTS: Readonly<Record<SqlDialect, RegExp>> = {
  postgresql: partsPattern(
    [
      String.raw`\$(?<tag>(?:[\p{L}_][\p{L}\p{N}_]*)?)\$[^]*?(?:\$\k<tag>\$|$)`,
      String.raw`e'(?:[^'\\]|\\[^]|'')*(?:'|\\?$)`,
      `(?:[bnx]|u&)?'(?:[^']|'')*(?:'|$)`,
    ],
    ['"(?:[^"]|"")*(?:"|$)', String.raw`\$\d+`],
  ),
  mysql: partsPattern(
    [
      String.raw`(?:[bnx]|_\w+\s*)?'(?:[^'\\]|\\[^]|'')*(?:'|\\?$)`,
      String.raw`"(?:[^"\\]|\\[^]|"")*(?:"|\\?$)`,
      String.raw`#[^\n]*`,
    ],
    ['`(?:[^`]|``)*(?:`|$)'],
  ),
};

const LIST = /\((?:\s*(?:\?|\$\d+)\s*,)+\s*(?:\?|\$\d+)\s*\)/g;
const ROWS = /(\(\?, …\))(?:\s*,\s*\(\?, …\))+/g;

const known = new Map<string, string>();

/**
 * The text of a query without its values: each literal is `?`, and a list of several values is `(?, …)`, so that
 * queries with other values have the same text. Comments are left out.
 */
export function queryText(query: string, dialect: SqlDialect): string {
  const key = `${dialect}:${query}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const text = withoutValues(query.slice(0, QUERY_LENGTH_MAX), dialect);
  if (query.length <= CACHED_LENGTH_MAX) {
    if (known.size >= CACHE_MAX) known.clear();
    known.set(key, text);
  }
  return text;
}

function withoutValues(query: string, dialect: SqlDialect): string {
  const text = query.replace(PARTS[dialect], (part, ...rest) => {
    const groups = rest.at(-1) as Readonly<Record<'value' | 'space' | 'name' | 'number', string | undefined>>;
    if (groups.name !== undefined) return part;
    return groups.space === undefined ? '?' : ' ';
  });
  return text.trim().replace(LIST, '(?, …)').replace(ROWS, '$1, …').slice(0, TEXT_LENGTH_MAX);
}
