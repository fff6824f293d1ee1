/** Programs run with all events of the runtime as they run without them. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Ended, REGISTER_URL, type Sandbox, sandboxWithDaemon, startNode, succeed } from '../e2e/harness.ts';

const WORKLOAD = fileURLToPath(new URL('programs/workload.mjs', import.meta.url));
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
const SETTINGS: readonly (readonly string[])[] = [
  [],
  // The instruments cannot raise a frozen limit by their own frame, so stacks have to be shorter than it.
  ['--frozen-intrinsics', '--stack-trace-limit=20', '--no-warnings'],
  ['--disallow-code-generation-from-strings'],
  ['--disable-proto=throw'],
  ['--throw-deprecation', '--pending-deprecation'],
  [
    permission,
    ...['--allow-fs-read=*', '--allow-addons', '--allow-child-process', '--allow-worker', '--no-warnings'],
    // Without it, since Node.js 25, the tracer cannot connect to its daemon.
    ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
  ],
];

/** Lines of a run, without process identifiers and the frames of our own preload in Node.js's own modules. */
function linesOf({ code, signal, stdout, stderr }: Ended): string[] {
  return [`${code} ${signal}`, ...`${stdout}\n${stderr}`.replace(/\(node:\d+\)/g, '(node)').split('\n')];
}

async function recordingAll(sandbox: Sandbox): Promise<void> {
  await succeed(sandbox, 'create', 'all', '-o', join(sandbox.directory, 'trace'));
  await succeed(sandbox, 'enable-channel', '-u', 'all', '--subbuf-size=4M');
  await succeed(sandbox, 'enable-event', '-u', '-a', '-c', 'all');
  await succeed(sandbox, 'add-context', '-u', '-t', '$app.node:request_id');
  await succeed(sandbox, 'start');
}

describe('a program with all events of the runtime', () => {
  it.each(SETTINGS.map((options) => [options.join(' ') || 'no options', options] as const))(
    'prints, throws and ends as without them, with %s',
    async (_, options) => {
      const sandbox = sandboxWithDaemon();
      await recordingAll(sandbox);
      const env = { RINGTAIL_INSTRUMENT: undefined };
      const without = startNode(sandbox, [...options, WORKLOAD], { RINGTAIL_INSTRUMENT: '0' });
      const traced = startNode(sandbox, [...options, '--import', REGISTER_URL, WORKLOAD], env);
      const expected = linesOf(await without.ended);
      expect(expected.length).toBeGreaterThan(40);
      expect(linesOf(await traced.ended)).toEqual(expected);
      await succeed(sandbox, 'stop');
      const list = await succeed(sandbox, 'status');
      expect(list).not.toContain('INSTRUMENT_FAILED');
      const destroyed = await succeed(sandbox, 'destroy');
      expect(Number(/(\d[\d,]*) events/.exec(destroyed)?.[1]?.replaceAll(',', ''))).toBeGreaterThan(10);
    },
  );
});
