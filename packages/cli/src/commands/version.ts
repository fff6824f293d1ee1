import { RINGTAIL_VERSION } from '@ringtail/base';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';

export function addVersion(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('version')
    .description('write the version')
    .addHelpText('after', '\nExample:\n  ringtail version --output-format=json');
  act(command, () => {
    const version = { ringtail: RINGTAIL_VERSION, node: process.version };
    report(
      context,
      outputFormatOf(command),
      { command: 'version', ...version },
      () => `ringtail version ${version.ringtail} (Node.js ${version.node})`,
    );
    return undefined;
  });
  return command;
}
