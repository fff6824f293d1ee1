import { type Command, Option } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { CliError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { addSessionOption, collect, outputFormatOf } from '../options.ts';
import { formatCount } from '../quantity.ts';
import { parseCount } from '../quantity-options.ts';
import type { MapTable } from '../result.ts';
import { describeSession, onSession } from '../session-command.ts';
import { requireUserMap } from '../triggers/action-specs.ts';
import { type MapSelection, mapTables } from '../triggers/map-tables.ts';
import { ownerUidOf } from '../triggers/parse-trigger.ts';

interface ShowMapsOptions {
  readonly session?: string;
  readonly channel?: readonly string[];
  readonly type?: string;
  readonly per: 'channel' | 'owner';
  readonly uid?: readonly string[];
  readonly allUids?: boolean;
  readonly pid?: readonly string[];
  readonly allPids?: boolean;
  readonly shared?: boolean;
  readonly key?: readonly string[];
  readonly keyGlob?: readonly string[];
  readonly nonInitValues?: boolean;
  readonly sortBy: 'key' | 'value';
  readonly sortOrder: 'asc' | 'desc';
  readonly limit?: string;
}

export function addShowMaps(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program.command('show-maps').description('show the counters of the maps of a session'),
  )
    .option('-c, --channel <map>', 'this map; repeatable (default: all)', collect)
    .option('--type <type>', 'user, the only one here')
    .addOption(
      new Option('--per <what>', 'one table for a map, or one for each process')
        .choices(['channel', 'owner'])
        .default('channel'),
    )
    .option('--uid <user>', 'counters of processes of this user; repeatable', collect)
    .addOption(new Option('--all-uids', 'of all users (default)').conflicts('uid'))
    .option('--pid <pid>', 'counters of this process; repeatable', collect)
    .addOption(new Option('--all-pids', 'of all running processes, without those that have ended').conflicts('pid'))
    .addOption(new Option('--shared', 'only the sums of processes that have ended').conflicts(['pid', 'allPids']))
    .option('--key <key>', 'this key; repeatable', collect)
    .option('--key-glob <pattern>', 'keys like this, with * anywhere; repeatable', collect)
    .option('--non-init-values', 'only counters that are not 0')
    .addOption(new Option('--sort-by <column>', 'order of the rows').choices(['key', 'value']).default('key'))
    .addOption(new Option('--sort-order <order>', 'up or down').choices(['asc', 'desc']).default('asc'))
    .option('--limit <count>', 'at most so many rows of a table')
    .addHelpText(
      'after',
      `
Examples:
  ringtail show-maps --sort-by=value --sort-order=desc --limit=10
  ringtail show-maps -c orders --per=owner`,
    );
  act(command, async (options: ShowMapsOptions) => {
    requireUserMap(options.type);
    const selection = selectionOf(options);
    const result = await onSession(context, options.session, async (client, session) => {
      const { maps } = await describeSession(client, session);
      refuseUnknown(
        session,
        selection.maps,
        maps.map(({ name }) => name),
      );
      const map = selection.maps.length === 1 ? (selection.maps[0] as string) : null;
      const rows = maps.length === 0 ? [] : await client.showMaps(session, map);
      return { session, tables: mapTables(maps, rows, selection) };
    });
    report(context, outputFormatOf(command), { command: 'show-maps', ...result }, () =>
      result.tables.length === 0
        ? `Session ${result.session} has no map; ringtail add-map-channel -t user NAME makes one`
        : result.tables.map(describeTable).join('\n\n'),
    );
    return undefined;
  });
  return command;
}

function selectionOf(options: ShowMapsOptions): MapSelection {
  return {
    maps: options.channel ?? [],
    uids: (options.uid ?? []).map((text) => ownerUidOf(text) as number),
    pids: (options.pid ?? []).map((text) => parseCount('--pid', text, 1)),
    keys: options.key ?? [],
    keyPatterns: options.keyGlob ?? [],
    only: options.shared ? 'shared' : options.allPids ? 'processes' : null,
    nonZero: options.nonInitValues === true,
    per: options.per,
    sortBy: options.sortBy,
    descending: options.sortOrder === 'desc',
    limit: options.limit === undefined ? null : parseCount('--limit', options.limit, 1),
  };
}

function refuseUnknown(session: string, asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new CliError(
    'NO_MAP',
    `session ${session} has no map "${unknown}"`,
    `${didYouMean(unknown, known)}ringtail show-maps -s ${session} shows all`,
  );
}

function describeTable({ map, per, owners, rows }: MapTable): string {
  const title = per === 'owner' ? `${map}, ${owners[0]?.name ?? 'nobody'}` : map;
  const values = rows.map(({ value }) => formatCount(value));
  const keyWidth = Math.max('key'.length, ...rows.map(({ key }) => key.length));
  const valueWidth = Math.max('value'.length, ...values.map((value) => value.length));
  const line = (key: string, value: string): string => `  ${key.padEnd(keyWidth)}  ${value.padStart(valueWidth)}`;
  return [
    `${title}:`,
    ...(rows.length === 0 ? ['  (no counters)'] : [line('key', 'value')]),
    ...rows.map(({ key }, at) => line(key, values[at] as string)),
  ].join('\n');
}
