import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeBlocksOf, commandsOf, filesOf, writeFilesOf } from './documents.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TEXT = `# Page

~~~sh
outside
~~~

## First

\`\`\`js
// src/app.mjs
# a heading only in Markdown
\`\`\`

1. A list:

   \`\`\`sh
   one --option \\
     --other   # joined
   # only a comment
   two '#3'
   \`\`\`

### Part

\`\`\`sh
three
\`\`\`

## Second

\`\`\`
output
\`\`\`
`;

function documentWith(text: string): { document: string; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'rt-document-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'page.md'), text);
  return { document: relative(ROOT, join(directory, 'page.md')), directory };
}

describe('a document', () => {
  it('has the commands of a section and its subsections, joined and without comments', () => {
    const { document } = documentWith(TEXT);
    expect(commandsOf(codeBlocksOf(document, 'First'))).toEqual(['one --option --other', "two '#3'", 'three']);
    expect(commandsOf(codeBlocksOf(document))).toEqual(['outside', 'one --option --other', "two '#3'", 'three']);
    expect(codeBlocksOf(document, 'Second')).toEqual([{ language: '', text: 'output\n', line: 31 }]);
  });

  it('has files whose first line is their name', () => {
    const { document, directory } = documentWith(TEXT);
    const blocks = codeBlocksOf(document, 'First');
    expect([...filesOf(blocks).keys()]).toEqual(['src/app.mjs']);
    writeFilesOf(blocks, directory);
    expect(readFileSync(join(directory, 'src', 'app.mjs'), 'utf8')).toContain('// src/app.mjs\n# a heading');
  });

  it('without the heading or the end of a code block is refused', () => {
    expect(() => codeBlocksOf(documentWith(TEXT).document, 'Third')).toThrow('has no heading "Third"');
    expect(() => codeBlocksOf(documentWith('```sh\nls\n').document)).toThrow('line 1 has no end');
  });
});
