import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

const COMPILER = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** TypeScript's language server, asked as an editor asks it. Ends with the test. */
export class LanguageServer {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #received = Buffer.alloc(0);
  #lastId = 0;

  static async start(directory: string): Promise<LanguageServer> {
    const server = new LanguageServer(directory);
    const rootUri = pathToFileURL(directory).href;
    await server.request('initialize', { processId: process.pid, rootUri, capabilities: {} });
    server.#send({ method: 'initialized', params: {} });
    return server;
  }

  private constructor(directory: string) {
    this.#process = spawn(process.execPath, [COMPILER, '--lsp', '--stdio'], {
      cwd: directory,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#process.stdout?.on('data', (bytes: Buffer) => this.#receive(bytes));
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  open(file: string): void {
    const textDocument = { uri: pathToFileURL(file).href, languageId: 'typescript', version: 1 };
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { ...textDocument, text: readFileSync(file, 'utf8') } },
    });
  }

  /** Asks about the place behind `text` in a file. @returns the answer as JSON */
  async ask(method: 'hover' | 'completion', file: string, text: string): Promise<string> {
    const lines = readFileSync(file, 'utf8').split('\n');
    const line = lines.findIndex((content) => content.includes(text));
    const character = (lines[line] as string).indexOf(text) + text.length;
    const params = { textDocument: { uri: pathToFileURL(file).href }, position: { line, character } };
    return JSON.stringify(await this.request(`textDocument/${method}`, params));
  }

  request(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ id, method, params });
    });
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#process.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const start = this.#received.indexOf('\r\n\r\n');
      if (start < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.toString('latin1', 0, start))?.[1]);
      const end = start + 4 + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString('utf8', start + 4, end));
      this.#received = this.#received.subarray(end);
      // Questions of the server, for example about its configuration, have no answer here.
      if (message.method !== undefined && message.id !== undefined) this.#send({ id: message.id, result: null });
      else this.#waiting.get(message.id)?.(message.result ?? message.error);
    }
  }
}
