import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { readOptionsAsArgpar } from '../options/argpar.ts';
import { addSessionOption, outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { describeSession, onSession } from '../session/on-session.ts';
import { type ExportedDomain, mapScript } from '../triggers/map-script.ts';

interface ExportMapsOptions {
  readonly session?: string;
  readonly format: 'sqlite';
}

export function addExportMaps(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program.command('export-maps').description('write all counters of the maps of a session as a script for sqlite3'),
  )
    .addOption(new Option('-f, --format <format>', 'format of the script').choices(['sqlite']).default('sqlite'))
    .addHelpText(
      'after',
      `
The script makes the tables channels, groups, keys and entries, and the view vmap of all of them:
channel_name, channel_type, group_type, owner_id, owner_name, value_type, part_id, key, value, has_overflow.

Examples:
  { ringtail export-maps; echo 'SELECT * FROM vmap;'; } | sqlite3 :memory:
  { ringtail export-maps -s slow; echo 'SELECT key, SUM(value) AS total FROM vmap
      GROUP BY key ORDER BY total DESC LIMIT 10;'; } | sqlite3 :memory:
  ringtail export-maps > maps.sql`,
    );
  readOptionsAsArgpar(command);
  act(command, async ({ session: named, format }: ExportMapsOptions) => {
    const result = await onSession(context, named, async (client, session) => {
      const { domains } = await describeSession(client, session);
      const exported: ExportedDomain[] = [];
      for (const { domain, maps } of domains) {
        if (maps.length > 0) exported.push({ domain, maps, rows: await client.showMaps(session, null, domain) });
      }
      return { session, format, script: mapScript(exported) };
    });
    const output = outputFormatOf(command);
    // The script is for a program, so it is written with --quiet as well.
    if (output === 'human') context.stdout.write(result.script);
    else report(context, output, { command: 'export-maps', ...result }, () => '');
    return undefined;
  });
  return command;
}
