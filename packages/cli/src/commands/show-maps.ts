import { didYouMean } from '@ringtail/base/text';
import { type Command, Option } from 'commander';
import type { MapOwner, MapTable } from '../command-result.ts';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { readOptionsAsArgpar } from '../options/argpar.ts';
import { addSessionOption, collect, outputFormatOf } from '../options/common-options.ts';
import { parseCount } from '../options/quantity-options.ts';
import { formatCount } from '../output/quantity.ts';
import { report, warn } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { describeSession, onSession } from '../session/on-session.ts';
import { MAP_DOMAINS, mapDomain } from '../triggers/map-domain.ts';
import { type MapSelection, mapTables } from '../triggers/map-tables.ts';
import { ownerUidOf } from '../triggers/parse-trigger.ts';

interface ShowMapsOptions {
  readonly session?: string;
  readonly channel?: readonly string[];
  readonly type?: readonly string[];
  readonly per: 'channel' | 'owner' | 'cpu' | 'part';
  readonly uid?: readonly string[];
  readonly allUids?: boolean;
  readonly pid?: readonly string[];
  readonly allPids?: boolean;
  readonly shared?: boolean;
  readonly system?: boolean;
  readonly partId?: readonly string[];
  readonly cpuId?: readonly string[];
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
    .option('-c, --channel <map>', 'map; repeatable (default: all)', collect)
    .option('--type <type>', 'domain of the maps: user or kernel; repeatable (default: all)', collect)
    .addOption(
      new Option('--per <what>', 'one table for each map, or for each user or process that owns counters')
        .choices(['channel', 'owner', 'cpu', 'part'])
        .default('channel'),
    )
    .option('--uid <user>', 'counters of this user, in maps owned by users; repeatable', collect)
    .addOption(new Option('--all-uids', 'counters of all users').conflicts('uid'))
    .option('--pid <pid>', 'counters of this process, in maps owned by processes; repeatable', collect)
    .addOption(new Option('--all-pids', 'counters of all processes').conflicts('pid'))
    .option('--shared', 'counters of the session daemon itself, and of ended processes')
    .option('--system', 'counters of the kernel')
    .addOption(new Option('--part-id <cpu>', 'without effect: no counter belongs to a processor').argParser(collect))
    .addOption(new Option('--cpu-id <cpu>', 'the same as --part-id').argParser(collect))
    .option('--key <key>', 'key; repeatable', collect)
    .option('--key-glob <pattern>', 'keys that match a shell pattern: *, ?, [a-z]; repeatable', collect)
    .option('--non-init-values', 'only counters other than 0')
    .addOption(new Option('--sort-by <column>', 'order of the rows').choices(['key', 'value']).default('key'))
    .addOption(new Option('--sort-order <order>', 'direction of the order').choices(['asc', 'desc']).default('asc'))
    .option('--limit <count>', 'largest number of rows of a table')
    .addHelpText(
      'after',
      `
Examples:
  ringtail show-maps --sort-by=value --sort-order=desc --limit=10
  ringtail show-maps -c orders --per=owner
  ringtail show-maps --uid=1000 --shared`,
    );
  readOptionsAsArgpar(command);
  act(command, async (options: ShowMapsOptions) => {
    const types = options.type?.map(mapDomain) ?? MAP_DOMAINS;
    warnOfProcessors(context, options);
    const selection = selectionOf(options);
    const result = await onSession(context, options.session, async (client, session) => {
      const domains = (await describeSession(client, session)).domains.filter(({ maps }) => maps.length > 0);
      const names = domains.flatMap(({ maps }) => maps.map(({ name }) => name));
      refuseUnknown(session, selection.maps, names);
      const [named] = selection.maps.length === 1 ? selection.maps : [];
      const tables: MapTable[] = [];
      for (const { domain, maps } of domains) {
        if (!types.includes(domain) || (named !== undefined && !maps.some(({ name }) => name === named))) continue;
        tables.push(...mapTables(domain, maps, await client.showMaps(session, named ?? null, domain), selection));
      }
      return { session, tables, isWithoutMap: names.length === 0 };
    });
    const { isWithoutMap, ...shown } = result;
    report(context, outputFormatOf(command), { command: 'show-maps', ...shown }, () => {
      if (isWithoutMap) return `Session ${shown.session} has no map; ringtail add-map-channel -t user NAME makes one`;
      return shown.tables.length === 0 ? 'No counters' : shown.tables.map(describeTable).join('\n\n');
    });
    return undefined;
  });
  return command;
}

function selectionOf(options: ShowMapsOptions): MapSelection {
  return {
    maps: options.channel ?? [],
    owners: {
      uids: options.allUids ? 'all' : (options.uid ?? []).map((text) => ownerUidOf(text) as number),
      pids: options.allPids ? 'all' : (options.pid ?? []).map((text) => parseCount('--pid', text, 0)),
      shared: options.shared === true,
      system: options.system === true,
    },
    keys: options.key ?? [],
    keyPatterns: options.keyGlob ?? [],
    nonZero: options.nonInitValues === true,
    // LTTng shows counters without a processor so.
    per: options.per === 'channel' ? 'channel' : 'owner',
    sortBy: options.sortBy,
    descending: options.sortOrder === 'desc',
    limit: options.limit === undefined ? null : parseCount('--limit', options.limit, 1),
  };
}

/** Checks the options about processors, which have no effect. */
function warnOfProcessors(context: Context, { per, partId = [], cpuId = [] }: ShowMapsOptions): void {
  for (const text of partId) parseCount('--part-id', text, 0);
  for (const text of cpuId) parseCount('--cpu-id', text, 0);
  const tell = (option: string, instead: string): void =>
    warn(context, `${option}: counters belong to users and processes, not to processors; ${instead}`);
  if (per === 'cpu' || per === 'part') tell(`--per=${per}`, 'shown for each owner instead');
  if (partId.length > 0) tell('--part-id', 'it has no effect');
  if (cpuId.length > 0) tell('--cpu-id', 'it has no effect');
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

function describeTable({ map, per, owners: [owner], rows }: MapTable): string {
  const title = per === 'owner' && owner !== undefined ? `${map}, ${describeOwner(owner)}` : map;
  const values = rows.map(({ value }) => formatCount(value));
  const keyWidth = Math.max('key'.length, ...rows.map(({ key }) => key.length));
  const valueWidth = Math.max('value'.length, ...values.map((value) => value.length));
  const line = (key: string, value: string, overflow = false): string =>
    `  ${key.padEnd(keyWidth)}  ${value.padStart(valueWidth)}${overflow ? '  overflow' : ''}`;
  return [
    `${title}:`,
    line('key', 'value'),
    ...rows.map(({ key, overflow }, at) => line(key, values[at] as string, overflow)),
  ].join('\n');
}

function describeOwner({ kind, id, name }: MapOwner): string {
  if (kind === 'shared') return 'shared';
  return name === null || name === String(id) ? `${kind} ${id}` : `${kind} ${id} (${name})`;
}
