/** A terminal for tests: a pseudoterminal of `script`, whose bytes a terminal emulator (xterm.js) draws. */

import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import xterm from '@xterm/headless';
import { childrenOf, RINGTAIL, Running, type Sandbox, until } from './harness.ts';

const ROWS = 40;

export class TerminalWindow {
  readonly #window: xterm.Terminal;
  readonly #script: Running;
  #drawnBytes = 0;

  /** Runs a command line of `sh` in it. `$ringtail` is the command of this repository, `$node` this Node.js. */
  constructor(sandbox: Sandbox, command: string, columns: number) {
    this.#window = new xterm.Terminal({ cols: columns, rows: ROWS, scrollback: 10_000, allowProposedApi: true });
    const line = `stty cols ${columns} rows ${ROWS}; ${command}`;
    const env = {
      ...sandbox.env,
      TERM: 'xterm-256color',
      node: process.execPath,
      ringtail: `${process.execPath} ${RINGTAIL}`,
    };
    this.#script = new Running('script', ['-qefc', line, '/dev/null'], env, sandbox.directory);
  }

  type(keys: string): void {
    this.#script.process.stdin?.write(keys);
  }

  /** Changes its size, as the window of a person does. */
  resize(columns: number): void {
    this.#window.resize(columns, ROWS);
    const [shell] = childrenOf(this.#script.pid);
    const device = readlinkSync(`/proc/${shell}/fd/0`);
    spawnSync('stty', ['-F', device, 'cols', String(columns)]);
  }

  /** Waits until the screen has a line. */
  async shows(line: RegExp): Promise<void> {
    await until(async () => {
      if (this.#script.process.exitCode !== null) await this.#script.ended;
      const isShown = (await this.lines()).some((shown) => line.test(shown));
      if (!isShown && this.#script.process.exitCode !== null) {
        throw new Error(`ended without ${line}:\n${(await this.lines()).join('\n')}`);
      }
      return isShown;
    });
  }

  /** Waits for the end of the command. @returns the lines of the screen */
  async ended(): Promise<string[]> {
    await this.#script.ended;
    return await this.lines();
  }

  /** Lines of the screen so far, without spaces at their ends and without empty lines at the end. */
  async lines(): Promise<string[]> {
    await this.#draw();
    const { active } = this.#window.buffer;
    const lines = Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString().trimEnd() ?? '',
    );
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** Whether the first cell of a line has the terminal's own colours. */
  async isPlain(line: number): Promise<boolean> {
    await this.#draw();
    const cell = this.#window.buffer.active.getLine(line)?.getCell(0);
    return cell?.isFgDefault() === true && cell.isBgDefault();
  }

  async #draw(): Promise<void> {
    const bytes = this.#script.stdoutBytes.subarray(this.#drawnBytes);
    this.#drawnBytes += bytes.length;
    await new Promise<void>((resolve) => this.#window.write(bytes, resolve));
  }
}
