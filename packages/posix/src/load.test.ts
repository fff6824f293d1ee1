import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { loadPosix } from './load.ts';

const entry = new URL('../dist/index.js', import.meta.url).href;

/** Runs a module in a fresh process and gives back the JSON it prints. */
function runModule(source: string, env: Record<string, string> = {}): unknown {
  const code = `${source.replaceAll('ENTRY', JSON.stringify(entry))}`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

const countDlopen =
  'let count = 0; const real = process.dlopen; process.dlopen = (...a) => { count++; return real(...a); };';

describe('loadPosix', () => {
  it('gives the same object every time', () => {
    const first = loadPosix();
    expect(first.ok).toBe(true);
    expect(loadPosix()).toBe(first);
  });

  it('loads koffi when first called and not before', () => {
    const source = `${countDlopen} const { loadPosix } = await import(ENTRY); const before = count; loadPosix();
      console.log(JSON.stringify([before, count]))`;
    expect(runModule(source)).toEqual([0, 1]);
  });

  it('reports that the environment has turned koffi off, without loading it', () => {
    const source = `${countDlopen} const { loadPosix } = await import(ENTRY);
      console.log(JSON.stringify([loadPosix(), count]))`;
    const [result, count] = runModule(source, { RINGTAIL_NO_KOFFI: '1' }) as [unknown, number];
    expect(result).toEqual({ ok: false, reason: 'RINGTAIL_NO_KOFFI=1 turns koffi off' });
    expect(count).toBe(0);
  });

  it.each([
    ['platform', 'darwin', 'shared memory needs Linux, this is darwin'],
    ['arch', 's390x', 'shared memory is supported on x64, arm64, riscv64, loong64, this is s390x'],
  ])('gives a reason on another %s', (property, value, reason) => {
    const source = `Object.defineProperty(process, '${property}', { value: '${value}' });
      const { loadPosix } = await import(ENTRY); console.log(JSON.stringify(loadPosix()))`;
    expect(runModule(source)).toEqual({ ok: false, reason });
  });

  it('gives a reason where native code cannot be loaded', () => {
    const source = `process.dlopen = () => { throw new Error('addons are forbidden\\nhere'); };
      const { loadPosix } = await import(ENTRY); console.log(JSON.stringify(loadPosix()))`;
    expect(runModule(source)).toEqual({ ok: false, reason: expect.stringMatching(/^koffi cannot be loaded: [^\n]+$/) });
  });

  it('works in worker threads, which have thread identifiers of their own', () => {
    const source = `
      import { Worker } from 'node:worker_threads';
      const { loadPosix } = await import(ENTRY);
      const { posix } = loadPosix();
      const code = \`
        import { parentPort } from 'node:worker_threads';
        const { loadPosix } = await import(${JSON.stringify(entry)});
        const { posix } = loadPosix();
        const fd = posix.memfdCreate('worker', 0);
        posix.allocate(fd, 4096);
        const mapping = posix.map(fd, 4096);
        new Uint8Array(mapping.buffer)[7] = 42;
        parentPort.postMessage({ fd, tid: posix.gettid() });
      \`;
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)));
      worker.once('message', ({ fd, tid }) => {
        const seen = new Uint8Array(posix.map(fd, 4096).buffer)[7];
        console.log(JSON.stringify({ seen, own: posix.gettid() === process.pid, other: tid > 0 && tid !== process.pid }));
      });`;
    expect(runModule(source)).toEqual({ seen: 42, own: true, other: true });
  });
});
