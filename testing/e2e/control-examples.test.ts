/** The examples of docs/control-library.md. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventsOf, program, REGISTER_URL, ringtail, type Sandbox, sandboxWithDaemon, startNode } from './harness.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/control/', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../../docs/control-library.md', import.meta.url));

/** A sandbox with a session daemon and a program that emits. */
async function sandboxWithProgram(): Promise<Sandbox> {
  const sandbox = sandboxWithDaemon();
  expect((await ringtail(sandbox, ['create', 'first', '-o', join(sandbox.directory, 'first')])).stderr).toBe('');
  const app = startNode(sandbox, ['--import', REGISTER_URL, program('steps.mjs')]);
  await app.says(/ready/);
  return sandbox;
}

async function runExample(sandbox: Sandbox, name: string, ...args: string[]): Promise<string> {
  const ended = await startNode(sandbox, [join(EXAMPLES, name), ...args]).ended;
  expect([name, ended.stderr, ended.code]).toEqual([name, '', 0]);
  return ended.stdout;
}

describe('the document about the control library', () => {
  it('contains every example unchanged', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'));
    expect(examples.length).toBeGreaterThan(0);
    for (const name of examples)
      expect(document).toContain(`\`\`\`js\n${readFileSync(join(EXAMPLES, name), 'utf8')}\`\`\``);
  });
});

describe('an example of the control library', () => {
  it('creates a session with a filter and contexts', async () => {
    const sandbox = await sandboxWithProgram();
    const trace = join(sandbox.directory, 'trace');
    const [, count] = /recorded (\d+) events/.exec(await runExample(sandbox, 'create-session.mjs', trace)) ?? [];
    const events = eventsOf(sandbox, trace);
    expect(events).toHaveLength(Number(count));
    expect(events.length).toBeGreaterThan(0);
    for (const { fields } of events) expect(Number(/index = (\d+)/.exec(fields)?.[1])).toBeGreaterThanOrEqual(100);
  });

  it('records a snapshot', async () => {
    const sandbox = await sandboxWithProgram();
    const said = await runExample(sandbox, 'snapshot.mjs', join(sandbox.directory, 'box'));
    const [, count, path] = /^(\d+) events in (.*)$/m.exec(said) as unknown as [string, string, string];
    expect(path).toContain(join(sandbox.directory, 'box', 'incident-'));
    expect(eventsOf(sandbox, path)).toHaveLength(Number(count));
  });

  it('prints notifications', async () => {
    const sandbox = await sandboxWithProgram();
    const listener = startNode(sandbox, [join(EXAMPLES, 'notifications.mjs')]);
    await listener.says(/listening/);
    const app = startNode(sandbox, ['--import', REGISTER_URL, program('steps.mjs')]);
    await listener.says(new RegExp(`steps.mjs ${app.pid} has registered`));
    await ringtail(sandbox, ['destroy', 'first']);
    const { stdout, code } = await listener.ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/session-destroyed first\n$/)]);
  });

  it('saves sessions and loads them', async () => {
    const sandbox = await sandboxWithProgram();
    const saved = join(sandbox.directory, 'saved');
    expect(await runExample(sandbox, 'saved-sessions.mjs', saved)).toMatch(/^first is saved in .*\nfirst is loaded\n$/);
    expect(existsSync(join(saved, 'first.lttng'))).toBe(true);
    expect((await ringtail(sandbox, ['list', 'first'])).stdout).toContain(join(saved, 'traces', 'first'));
  });

  it('distinguishes errors by their codes', async () => {
    const sandbox = await sandboxWithProgram();
    const codes = (await runExample(sandbox, 'errors.mjs')).split('\n').map((line) => line.split(':')[0]);
    expect(codes).toEqual(['NO_DAEMON', 'NO_SUCH_SESSION', 'DAEMON_NOT_STARTED', '']);
  });
});
