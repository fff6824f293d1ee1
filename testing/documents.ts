/** Code blocks, commands and files that documents show, for tests that run them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A fenced block of code. */
export interface CodeBlock {
  /** The word behind the fence, for example `sh`; empty if there is none. */
  readonly language: string;
  /** Without the fences and without the indentation that they have in a list; ends with a newline. */
  readonly text: string;
  /** Line of the opening fence in the document, from 1. */
  readonly line: number;
}

/** A document of this repository, for example `docs/cli.md`, or the section with a heading and all its subsections. */
export function codeBlocksOf(document: string, heading?: string): CodeBlock[] {
  const lines = readFileSync(join(ROOT, document), 'utf8').split('\n');
  const blocks = blocksIn(lines);
  if (heading === undefined) return blocks;
  const headings = headingsIn(lines, blocks);
  const section = headings.find(({ title }) => title === heading);
  if (section === undefined) throw new Error(`${document} has no heading "${heading}"`);
  const next = headings.find(({ line, level }) => line > section.line && level <= section.level);
  return blocks.filter(({ line }) => line > section.line && line < (next?.line ?? Number.POSITIVE_INFINITY));
}

/** The commands of the `sh` blocks, one a line, without comments. A line that ends with `\` goes on in the next one. */
export function commandsOf(blocks: readonly CodeBlock[]): string[] {
  return blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/(^|\s+)#\s.*$/, '').trim())
    .filter((command) => command !== '');
}

/** Texts by file name of the blocks whose first line is a comment with the name alone: `// app.mjs`, `# Dockerfile`. */
export function filesOf(blocks: readonly CodeBlock[]): Map<string, string> {
  const named = blocks.flatMap(({ text }): [string, string][] => {
    const [, name] = /^(?:\/\/|#|\/\*) ?([\w./-]*\w)(?: \*\/)?\n/.exec(text) ?? [];
    return name === undefined || name.includes(' ') ? [] : [[name, text]];
  });
  return new Map(named);
}

/** Writes the files that blocks show into a directory. */
export function writeFilesOf(blocks: readonly CodeBlock[], directory: string): void {
  for (const [name, text] of filesOf(blocks)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

function blocksIn(lines: readonly string[]): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indentation, fence, language] = /^(\s*)(```+|~~~+)\s*(\S*)/.exec(lines[at] as string) ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end < 0) throw new Error(`the code block of line ${at + 1} has no end`);
    const text = lines.slice(at + 1, end).map((line) => `${line.replace(indentation as string, '')}\n`);
    blocks.push({ language: language as string, text: text.join(''), line: at + 1 });
    at = end;
  }
  return blocks;
}

function headingsIn(lines: readonly string[], blocks: readonly CodeBlock[]) {
  const isCode = (line: number) =>
    blocks.some((block) => line > block.line && line <= block.line + block.text.split('\n').length);
  return lines.flatMap((text, index) => {
    const [, marks, title] = /^(#{1,6})\s+(.*\S)/.exec(text) ?? [];
    const line = index + 1;
    return marks === undefined || isCode(line) ? [] : [{ title: title as string, level: marks.length, line }];
  });
}
