import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { makeSandbox, RINGTAIL, type Sandbox } from '../e2e/harness.ts';

/** A sandbox in which shells find the command `ringtail`, and programs have the events of Node.js. */
export function sandboxWithCommand(): Sandbox {
  const sandbox = makeSandbox();
  const commands = join(sandbox.directory, 'bin');
  mkdirSync(commands);
  symlinkSync(RINGTAIL, join(commands, 'ringtail'));
  const PATH = [commands, dirname(process.execPath), sandbox.env.PATH].join(delimiter);
  return { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: undefined, PATH } };
}
