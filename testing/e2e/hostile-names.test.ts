/** Hostile names of sessions and programs, with real daemons: they neither control a terminal nor forge lines. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isUnsafe } from '@ringtail/base/text';
import { expect, it } from 'vitest';
import {
  program,
  REGISTER_URL,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
  until,
} from './harness.ts';

/** Hostile text that is allowed in names of sessions, channels, events and triggers, without control characters. */
const ALLOWED = '=n\u202e\u2066\u061c\u{e0041}"\'$(x)\\<&]]>;';
const CONTROLS = '\u001b[31m\u007f\nINJECTED\r';

function wrongIn(text: string): string[] {
  const unsafe = [...text].filter((character) => isUnsafe(character.codePointAt(0) as number));
  return [...new Set(unsafe.map((character) => JSON.stringify(character))), ...(text.match(/^INJECTED.*/gm) ?? [])];
}

/** Everything in the daemons' log and in saved sessions. */
function filesOf({ directory }: Sandbox): string {
  const files = [
    join(directory, 'run', 'sessiond.log'),
    ...readdirSync(join(directory, 'saved')).map((name) => join(directory, 'saved', name)),
  ];
  return files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

it('hostile names, programs and arguments are displayed safely in every list, in the log and in saved sessions', async () => {
  const sandbox = sandboxWithDaemon();
  const output = join(sandbox.directory, `out${ALLOWED}`);
  const [session, channel, event] = [
    `s${ALLOWED}`,
    `c${ALLOWED}`.replaceAll(/[,']/g, ''),
    `e${ALLOWED}:*`.replaceAll("'", ''),
  ];
  await succeed(sandbox, 'create', session, '-o', output);
  await succeed(sandbox, 'enable-channel', '-u', channel);
  await succeed(sandbox, 'enable-event', '-u', '-c', channel, '*');
  await succeed(sandbox, 'enable-event', '-u', '-c', channel, event);
  await succeed(
    sandbox,
    'add-trigger',
    '--name',
    `t${ALLOWED}`,
    '--condition=event-rule-matches',
    '--type=user',
    `--name=${event}`,
    '--action=notify',
  );
  await succeed(sandbox, 'start');
  // A script with a hostile name, in a program with a hostile title.
  const directory = join(sandbox.directory, `d${CONTROLS}`);
  mkdirSync(directory);
  const script = join(directory, `x${CONTROLS}.mjs`);
  copyFileSync(program('steps.mjs'), script);
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(directory, 'node_modules'));
  const app = startNode(sandbox, [`--title=\u001b]0;t\u0007\nX`, '--import', REGISTER_URL, script]);
  await app.says(/ready/);
  await until(async () => (await succeed(sandbox, 'list', '-u')).includes('e2e:step'));
  const written: string[] = [];
  const commands: readonly (readonly string[])[] = [
    ['list'],
    ['list', session],
    ['list', session, '--mem-usage=full'],
    ['list', '-u', '-f'],
    ['status', session],
    ['status'],
    ['list-triggers'],
    ['doctor'],
    ['save', '-a', '-f', '-o', join(sandbox.directory, 'saved')],
    ['rotate', session],
    ['stop', session],
    ['view', session],
    ['create', `s${CONTROLS}`],
    ['create', 's\ufffe'],
    ['enable-event', '-u', 'e\uffff'],
    ['destroy', 'none\u202e'],
    ['destroy', session],
  ];
  for (const args of commands) {
    const { stdout, stderr } = await ringtail(sandbox, args);
    expect([args, wrongIn(stdout), wrongIn(stderr)]).toEqual([args, [], []]);
    written.push(stdout, stderr);
  }
  const all = written.join('');
  for (const shown of ['=n\\u202e\\u2066\\u061c\\U000e0041', 'without control characters', 'U+FFFE'])
    expect(all).toContain(shown);
  const files = filesOf(sandbox);
  expect(wrongIn(files)).toEqual([]);
  expect(files).toContain('=n&#x202e;&#x2066;');
});
