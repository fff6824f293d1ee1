import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import type { Side } from './side.ts';

const parser = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  removeNSPrefix: true,
  isArray: (name) => name === 'session',
});
const SNAPSHOT = /-\d{8}-\d{6}-(\d+)$/;
const ARCHIVE = /^\d{8}T\d{6}[+-]\d{4}-\d{8}T\d{6}[+-]\d{4}-(\d+)$/;

/** The active sessions in the output of `list`. */
export async function activeSessions({ tool }: Side): Promise<ReadonlySet<string>> {
  const { stdout } = await tool.run('--mi=xml list');
  const listed: { name: string; enabled: string }[] = parser.parse(stdout).command?.output?.sessions?.session ?? [];
  return new Set(listed.filter(({ enabled }) => enabled === 'true').map(({ name }) => name));
}

/** Names of complete snapshots in a directory of the tool, without the time. */
export function snapshotsOf({ tool }: Side, place: string): string[] {
  return namesIn(join(tool.directory, place), SNAPSHOT);
}

/** Archives of a session, below its output: their numbers. */
export function archivesOf({ tool }: Side, session: string): string[] {
  return namesIn(join(tool.directory, session, 'archives'), ARCHIVE);
}

/** Sorted, with matches of the pattern replaced by their numbers. */
function namesIn(directory: string, pattern: RegExp): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .map((name) => name.replace(pattern, (_, number) => `-${number}`))
    .sort();
}
