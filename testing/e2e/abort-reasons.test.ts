/** Programs that end by SIGABRT: `guard` and `record` name V8's heap limit and `process.abort()` as reasons. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram, makeSandbox, program, ringtail, type Sandbox, startNode, startRingtail } from './harness.ts';

const limit = { timeout: 180_000 };
const HEAP = '--max-old-space-size=32';
const ADVICE = '  heap limit raise it with --max-old-space-size=MIB, in the command or in NODE_OPTIONS\n';
const dying = (way: string, ...options: readonly string[]) => [process.execPath, ...options, program('abort.mjs'), way];

async function summaryOf(sandbox: Sandbox, command: 'guard' | 'record', words: readonly string[]) {
  const { stderr } = await ringtail(sandbox, [command, '-o', join(sandbox.directory, 'out'), '--', ...words]);
  return stderr.slice(stderr.lastIndexOf('\nringtail: '));
}

async function jsonOf(sandbox: Sandbox, command: 'guard' | 'record', words: readonly string[]) {
  const options = ['-o', join(sandbox.directory, 'out'), '--output-format=json'];
  const { stderr } = await ringtail(sandbox, [command, ...options, '--', ...words]);
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

describe("a program that dies at V8's heap limit", () => {
  it.each([
    ['heap-in-turns', 'over many turns of its event loop'],
    ['heap-in-a-loop', 'in a loop that never returns'],
  ])('(%s) is told from other aborts by guard: %s', limit, async (way) => {
    const summary = await summaryOf(makeSandbox(), 'guard', dying(way, HEAP));
    expect(summary).toMatch(
      /^\nringtail: node .* was killed by SIGABRT at V8's heap limit(, with a core dump)? after /,
    );
    expect(summary).toContain(ADVICE);
  });

  it('is named by record, also as a child', limit, async () => {
    const itself = await summaryOf(makeSandbox(), 'record', dying('heap-in-a-loop', HEAP));
    expect(itself).toMatch(/\n {2}ended {6}node was killed by SIGABRT at V8's heap limit/);
    expect(itself).toContain(ADVICE);
    const child = await jsonOf(makeSandbox(), 'record', dying('heap-of-a-child', HEAP));
    expect(child).toMatchObject({
      exitCode: 3,
      abortedBy: null,
      heapLimits: [{ pid: expect.any(Number), program: expect.stringContaining('abort.mjs') }],
    });
  });

  it('still leaves the heap snapshots that it was started with', limit, async () => {
    const sandbox = makeSandbox();
    const options = [HEAP, '--heapsnapshot-near-heap-limit=1', `--diagnostic-dir=${sandbox.directory}`];
    const summary = await jsonOf(sandbox, 'guard', dying('heap-in-a-loop', ...options));
    expect(summary).toMatchObject({ signal: 'SIGABRT', abortedBy: null });
    expect(readdirSync(sandbox.directory).some((name) => name.endsWith('.heapsnapshot'))).toBe(true);
  });
});

describe('a program that calls process.abort()', () => {
  it('is told from other aborts by guard', limit, async () => {
    const summary = await summaryOf(makeSandbox(), 'guard', dying('abort'));
    expect(summary).toMatch(/^\nringtail: node .* was killed by SIGABRT of process\.abort\(\)/);
    expect(summary).not.toContain('heap');
  });

  it('is named by record', limit, async () => {
    const summary = await summaryOf(makeSandbox(), 'record', dying('abort'));
    expect(summary).toMatch(/\n {2}ended {6}node was killed by SIGABRT of process\.abort\(\)/);
    expect(summary).not.toContain('heap');
  });

  it('prints the JavaScript stack that it prints without guard and record', limit, async () => {
    const sandbox = makeSandbox();
    const stackIn = (stderr: string) => /--- JavaScript stack trace -+\n\n(?:\d+: .*\n)+/.exec(stderr)?.[0];
    const alone = await startNode(sandbox, dying('abort').slice(1)).ended;
    expect(stackIn(alone.stderr)).toContain('abortNow');
    for (const command of ['guard', 'record']) {
      const words = [command, '-o', join(sandbox.directory, command), '--', ...dying('abort')];
      expect(stackIn((await ringtail(sandbox, words)).stderr)).toBe(stackIn(alone.stderr));
    }
  });
});

describe('a program that gets SIGABRT from outside', () => {
  it('has no known reason, and the summary names the possible ones', limit, async () => {
    const sandbox = makeSandbox();
    const guard = startRingtail(sandbox, ['guard', '-o', join(sandbox.directory, 'out'), '--', ...dying('wait')]);
    await guard.says(/waits/);
    process.kill(findProgram('abort.mjs', guard.pid), 'SIGABRT');
    const { stderr } = await guard.ended;
    expect(stderr).toMatch(/ringtail: node .* was killed by SIGABRT(, with a core dump)? after /);
    expect(stderr).toContain(`  SIGABRT    V8's heap limit, if the program's last lines say "heap out of memory":\n`);
  });
});
