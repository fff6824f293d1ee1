import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * A program that answers each line of its standard input with one line, in order, and can print other lines between.
 */
export class LineProcess {
  readonly #process: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #isAnswer: (line: string) => boolean;

  /** @param onOther receives the lines that are not answers */
  constructor(
    [command, ...args]: readonly [string, ...string[]],
    options: SpawnOptions,
    isAnswer: (line: string) => boolean = () => true,
    onOther: (line: string) => void = () => {},
  ) {
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    this.#isAnswer = isAnswer;
    this.#ended = once(child, 'exit').then(([code, signal]) => `${command} has ended with ${code ?? signal}`);
    // `ask` reports a write to a program that has ended.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (this.#isAnswer(line)) this.#waiting.shift()?.(line);
      else onOther(line);
    });
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  /** The next answer, without a question. */
  says(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      void this.#ended.then((sentence) => reject(new Error(sentence)));
    });
  }

  ask(line: string): Promise<string> {
    const answer = this.says();
    this.#process.stdin?.write(`${line}\n`);
    return answer;
  }

  async end(): Promise<void> {
    this.#process.stdin?.end();
    await this.#ended;
  }
}
