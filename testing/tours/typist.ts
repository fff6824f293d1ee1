/** Types the commands of a document into a shell, and compares their output with the output that the document shows. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type CodeBlock, codeBlocksOf, commandsOf, filesOf } from '../documents.ts';
import { childrenOf, RINGTAIL, Running, sandboxWithDaemon } from '../e2e/harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SESSIOND = join(ROOT, 'packages', 'cli', 'bin', 'ringtail-sessiond.mjs');
/** Home directory of the person in the documents. */
const HOME = '/home/ann';

/** A limit against hanging: a command takes 0.2 s or more. */
const ATTEMPTS_MAX = 200;

/** An `sh` block of a document. */
export interface Step {
  readonly commands: readonly string[];
  /** Text of the block without a language that follows; undefined without one. */
  readonly shown: string | undefined;
  /** Line in the document. */
  readonly line: number;
}

/** The `sh` blocks of a section, each with the output that follows it. */
export function stepsOf(blocks: readonly CodeBlock[]): Step[] {
  return blocks.flatMap((block, index) => {
    if (block.language !== 'sh') return [];
    const next = blocks[index + 1];
    return [{ commands: commandsOf([block]), shown: next?.language === '' ? next.text : undefined, line: block.line }];
  });
}

/**
 * Values of an output that differ from run to run. A document shows examples of them, or `…` in place of a text within
 * a line. A line with `…` alone stands for any lines.
 */
const VARIABLE = [
  '…',
  String.raw`\d{8}T\d{6}[+-]\d{4}`,
  String.raw`\d{8}-\d{6}`,
  String.raw`\d\d:\d\d:\d\d\.\d{9}`,
  String.raw`\+\d+\.\d{9}`,
  String.raw`[\d.,]+ (?:ns|µs|ms|s|B|KiB|MiB)\b`,
  ' +',
];

/** Pattern of the outputs that a document's text stands for. */
export function patternOf(shown: string): RegExp {
  const any = new RegExp(VARIABLE.map((source) => `(${source})`).join('|'), 'g');
  const lines = shown.trimEnd().split('\n');
  const sources = lines.map((line, index) => {
    const end = index === lines.length - 1 ? '' : '\n';
    if (line.trim() === '…') return end === '' ? '[^]*?' : '(?:.*\n)*?';
    let source = '';
    let from = 0;
    for (const match of line.matchAll(any)) {
      const kind = match.slice(1).findIndex((group) => group !== undefined);
      source += escaped(line.slice(from, match.index)) + (kind === 0 ? '.*?' : VARIABLE[kind]);
      from = match.index + match[0].length;
    }
    return `${source}${escaped(line.slice(from))}${end}`;
  });
  return new RegExp(`^${sources.join('')}$`);
}

function escaped(text: string): string {
  return text.replace(/[$()*+./?[\\\]^{|}-]/g, '\\$&');
}

/** A person with a shell, in a project that has Ringtail, who types commands of a document. */
export class Typist {
  readonly #document: string;
  readonly #home: string;
  readonly #shell: Running;
  #read = 0;
  #count = 0;

  /**
   * @param heading section whose files are written into the project
   * @param standIns programs by command name, in place of programs that a test cannot have
   */
  constructor(document: string, heading: string, standIns: Readonly<Record<string, string>> = {}) {
    this.#document = document;
    const sandbox = sandboxWithDaemon();
    this.#home = sandbox.home;
    const project = join(sandbox.directory, 'project');
    const commands = join(sandbox.directory, 'commands');
    const scope = join(project, 'node_modules', '@ringtail');
    for (const made of [commands, scope]) mkdirSync(made, { recursive: true });
    symlinkSync(join(ROOT, 'packages', 'cli'), join(project, 'node_modules', 'ringtail'));
    symlinkSync(join(ROOT, 'packages', 'tracer'), join(scope, 'tracer'));
    const programs = { ringtail: RINGTAIL, 'ringtail-sessiond': SESSIOND, ...standIns };
    for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(commands, name));
    for (const [name, text] of filesOf(codeBlocksOf(document, heading))) {
      writeFileSync(join(project, name), this.#here(text));
    }
    const PATH = [commands, dirname(process.execPath), sandbox.env.PATH].join(delimiter);
    this.#shell = new Running('sh', [], { ...sandbox.env, HOME: sandbox.home, PATH }, project);
    onTestFinished(() => {
      for (const pid of childrenOf(this.#shell.pid)) process.kill(pid, 'SIGKILL');
    });
    this.#shell.process.stdin?.write('exec 2>&1\n');
  }

  /**
   * Types the commands of a step. Each one has to succeed, and their output has to be the shown one.
   *
   * @param repeats whether the commands only look: they are repeated until the output is the shown one, as a person
   *   waits for the programs
   */
  async follow({ commands, shown, line }: Step, repeats = false): Promise<string> {
    const where = `${this.#document}:${line}`;
    const expected = shown === undefined ? /^$/ : patternOf(this.#here(shown));
    for (let attempt = 1; ; attempt++) {
      let output = '';
      for (const command of commands) {
        const { code, text } = await this.#type(this.#here(command));
        if (code !== 0) throw new Error(`${where}: ${command} ended with ${code}: ${text}`);
        output += text;
      }
      if (expected.test(output.trimEnd())) return output;
      if (repeats && attempt < ATTEMPTS_MAX) continue;
      throw new Error(`${where} shows:\n${shown ?? ''}\nThe commands print:\n${output}`);
    }
  }

  /** Replaces the home directory of the person in the documents. */
  #here(text: string): string {
    return text.replaceAll(HOME, this.#home);
  }

  async #type(command: string): Promise<{ code: number; text: string }> {
    const mark = `typed-${++this.#count}-`;
    // The command cannot read the next lines.
    this.#shell.process.stdin?.write(`{ ${command}\n} </dev/null\nprintf '${mark}%s\\n' $?\n`);
    const match = await this.#shell.says(new RegExp(`${mark}(\\d+)\n`));
    const text = this.#shell.stdout.slice(this.#read, match.index);
    this.#read = match.index + match[0].length;
    return { code: Number(match[1]), text };
  }
}
