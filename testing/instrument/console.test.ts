import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, REGISTER_URL, type Sandbox, sandboxWithDaemon, startNode, succeed } from '../e2e/harness.ts';
import { fieldsOf, recordedUnchanged } from './recorded.ts';

const PROGRAM = `
  import { log } from 'node:console';
  class Odd {
    get value() { throw new Error('a getter ran'); }
    [Symbol.for('nodejs.util.inspect.custom')]() { console.count('inspected'); return 'Odd!'; }
  }
  function pay() { console.log('order %d of %s', 7, 'ann', { id: 1, apiToken: 't' }); }
  pay();
  console.info('info');
  console.warn('warn');
  console.error(new TypeError('boom'));
  console.debug('debug');
  console.trace('here');
  console.table([{ a: 1 }]);
  console.assert(false, 'no way');
  console.group('group'); console.log('in it'); console.groupEnd();
  log('imported', new Odd());`;

describe('the console', () => {
  it('is recorded with levels, messages, fields and call sites, and prints what it does without Ringtail', async () => {
    const { events, stdout } = await recordedUnchanged(PROGRAM, ['-u', 'node_console:*']);
    expect(stdout.match(/inspected: \d/g)).toEqual(['inspected: 1']);
    const logged = events.filter(({ name }) => name.startsWith('node_console:'));
    expect(logged.map(({ name, fields }) => [name, fields.level, fields.message?.replace(/(?:\\n|┌).*/s, '')])).toEqual(
      [
        ['node_console:info', 'log', 'order 7 of ann { id: 1 }'],
        ['node_console:info', 'info', 'info'],
        ['node_console:warn', 'warn', 'warn'],
        ['node_console:error', 'error', 'TypeError: boom'],
        ['node_console:debug', 'debug', 'debug'],
        ['node_console:trace', 'trace', 'Trace: here'],
        ['node_console:info', 'log', ''],
        ['node_console:warn', 'warn', 'Assertion failed: no way'],
        ['node_console:info', 'log', 'group'],
        ['node_console:info', 'log', 'in it'],
        ['node_console:info', 'log', 'imported {}'],
        ['node_console:info', 'log', 'inspected: 1'],
      ],
    );
    const [paid] = fieldsOf(events, 'node_console:info');
    expect(paid).toMatchObject({ logger: 'console', fields: '{"id":1}' });
    expect(paid?.call_site).toMatch(/^pay \(file:.*app\.mjs:7:28\)$/);
    const [trace] = fieldsOf(events, 'node_console:trace');
    expect(trace?.call_site).toMatch(/^file:.*app\.mjs:13:11$/);
  });

  it('is recorded in worker threads', async () => {
    const source = `
      import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url));
      console.log(isMainThread ? 'main' : 'worker');`;
    const { events } = await recordedUnchanged(source, ['-u', 'node_console:*']);
    expect(fieldsOf(events, 'node_console:info').map(({ message }) => message)).toEqual(['main', 'worker']);
  });
});

/** Runs a program that is registered with the daemon, and waits for its end. */
async function run(sandbox: Sandbox, source: string): Promise<void> {
  const path = join(sandbox.directory, 'app.mjs');
  writeFileSync(path, source);
  const { code } = await startNode(sandbox, ['--import', REGISTER_URL, path], { RINGTAIL_INSTRUMENT: undefined }).ended;
  expect(code).toBe(0);
}

describe('the domain --console', () => {
  it('goes through the commands of a session', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    await succeed(sandbox, 'create', 's', '-o', trace);
    await succeed(sandbox, 'enable-event', '--console', 'other', '--loglevel-only=debug');
    await succeed(sandbox, 'disable-event', '--console', 'other');
    expect(await succeed(sandbox, 'enable-event', '--console', '-a', '--loglevel=warn')).toBe(
      'All console events are enabled in channel console\n',
    );
    expect(await succeed(sandbox, 'add-context', '--console', '-t', 'vpid')).toContain('console context vpid added');
    await succeed(sandbox, 'enable-event', '-u', 'shop:*');
    expect(await succeed(sandbox, 'list', 's', '--domain')).toContain('  - UST global\n  - console loggers\n');
    const listed = async () => (await succeed(sandbox, 'list', 's', '--console')).split('Statistics:')[0];
    const described = await listed();
    expect(described).toContain('=== Domain: console loggers ===');
    expect(described).toContain('      * (loglevel <= warn) (type: logger) [enabled]\n');
    expect(described).toContain('      other (loglevel == debug) (type: logger) [disabled]\n');
    expect(described).not.toContain('shop');

    await succeed(sandbox, 'save', 's', '-o', join(sandbox.directory, 'saved'));
    await succeed(sandbox, 'destroy', 's');
    await succeed(sandbox, 'load', '-i', join(sandbox.directory, 'saved'));
    expect(await listed()).toBe(described);

    await succeed(sandbox, 'start', 's');
    await run(sandbox, "console.log('quiet'); console.warn('loud');");
    await succeed(sandbox, 'set-session', 's');
    await succeed(sandbox, 'enable-event', '--console', 'console');
    await run(sandbox, "console.log('no longer quiet');");
    await succeed(sandbox, 'disable-event', '--console', '-a');
    await run(sandbox, "console.error('not recorded');");
    await succeed(sandbox, 'destroy', 's');
    expect(eventsOf(sandbox, trace).map(({ fields }) => /message = "([^"]*)"/.exec(fields)?.[1])).toEqual([
      'loud',
      'no longer quiet',
    ]);
  });

  it('explains a rule that records nothing', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'trace'));
    await succeed(sandbox, 'enable-event', '--console', 'consle');
    await succeed(sandbox, 'start', 's');
    await run(sandbox, "console.log('a');");
    const status = await succeed(sandbox, 'status');
    expect(status).toContain("no logger of --console is called 'consle'");
    expect(status).toContain("did you mean 'console'? ringtail enable-event --console console -s s");
  });
});
