import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeBlocksOf } from '../documents.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
/** First line of a block of which the compiler refuses each further line. */
const REFUSED = '// The compiler refuses each of these lines:\n';

/** A part of a document that is compiled as one module. */
export interface Snippet {
  /** Document and line. */
  readonly name: string;
  readonly text: string;
  /** The compiler refuses each statement from this line of `text` on, counted from 0; undefined: it accepts all. */
  readonly refusedFrom: number | undefined;
}

/**
 * The snippets of a document that use the tracer: each block in TypeScript or JavaScript. A block that the compiler
 * refuses continues the nearest block before it.
 */
export function snippetsOf(document: string): Snippet[] {
  const snippets: Snippet[] = [];
  let before = '';
  for (const { language, text, line } of codeBlocksOf(document)) {
    if (language !== 'ts' && language !== 'js') continue;
    const name = `${document}:${line}`;
    if (text.startsWith(REFUSED)) {
      snippets.push({ name, text: before + text, refusedFrom: before.split('\n').length - 1 });
    } else {
      before = `${text}export {};\n`;
      snippets.push({ name, text: before, refusedFrom: undefined });
    }
  }
  return snippets.filter(({ text }) => text.includes('@ringtail/tracer'));
}

/**
 * Compiles texts as modules of a program with `@ringtail/tracer`, with the options of a strict project.
 *
 * @returns errors of each text, by line from 0
 */
export function compile(texts: readonly string[]): Map<number, string>[] {
  const directory = mkdtempSync(join(tmpdir(), 'rt-snippets-'));
  try {
    for (const scope of ['@ringtail', '@types']) {
      mkdirSync(join(directory, 'node_modules'), { recursive: true });
      symlinkSync(join(MODULES, scope), join(directory, 'node_modules', scope));
    }
    texts.forEach((text, i) => {
      writeFileSync(join(directory, `snippet-${i}.mts`), text);
    });
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2023', strict: true, exactOptionalPropertyTypes: true },
      // Blocks in JavaScript have no types of their own.
      noImplicitAny: false,
      ...{ noEmit: true, skipLibCheck: true, types: ['node'] },
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    const errors = texts.map(() => new Map<number, string>());
    for (const [, file, line, message] of outputOf(directory).matchAll(
      /^snippet-(\d+)\.mts\((\d+),\d+\): (error .*)$/gm,
    )) {
      errors[Number(file)]?.set(Number(line) - 1, message as string);
    }
    return errors;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function outputOf(directory: string): string {
  const compiler = join(MODULES, 'typescript', 'lib', 'tsc.js');
  try {
    return execFileSync(process.execPath, [compiler, '-p', '.', '--pretty', 'false'], {
      cwd: directory,
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
