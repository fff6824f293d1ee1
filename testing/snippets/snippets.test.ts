/** The compiler accepts the right snippets of the documents about the tracer, and refuses the wrong ones. */
import { describe, expect, it } from 'vitest';
import { compile, type Snippet, snippetsOf } from './compiled-snippets.ts';

const DOCUMENTS = ['README.md', 'docs/tracer.md', 'docs/your-project.md', 'packages/tracer/README.md'];
const snippets = DOCUMENTS.flatMap(snippetsOf);
/** A program whose errors the second test reads. */
const WRONG = `import { f64, provider, str, u64 } from '@ringtail/tracer';
const placed = provider('shop').tracepoint('placed', [['id', u64], ['total', f64], ['customer', str]]);
placed('Ada', 2, 'Ada');
placed(1, 2, 3);`;
const errors = compile([...snippets.map(({ text }) => text), WRONG]);

/** Lines with a statement that the compiler has to refuse. */
function refusedLines({ text, refusedFrom = 0 }: Snippet): number[] {
  return text.split('\n').flatMap((line, number) => (number >= refusedFrom && /^[^/\s}]/.test(line) ? [number] : []));
}

describe('a document about the tracer', () => {
  it.each(DOCUMENTS)('has snippets: %s', (document) => {
    expect(snippets.some(({ name }) => name.startsWith(`${document}:`))).toBe(true);
  });

  it.each(snippets.map((snippet, index) => ({ ...snippet, index })))(
    'shows what the compiler does: $name',
    (snippet) => {
      const found = errors[snippet.index] ?? new Map<number, string>();
      if (snippet.refusedFrom === undefined) expect([...found]).toEqual([]);
      else expect([...found.keys()].sort((a, b) => a - b)).toEqual(refusedLines(snippet));
    },
  );
});

it('the message about a wrong argument names the field', () => {
  const found = errors.at(-1);
  expect(found?.get(2)).toContain(`not assignable to parameter of type 'Argument<"id", Integer64>'`);
  expect(found?.get(3)).toContain(`not assignable to parameter of type 'Argument<"customer", string>'`);
});
