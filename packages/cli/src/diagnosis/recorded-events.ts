import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, RingtailError } from '@ringtail/base';
import type { TracepointDescription } from '@ringtail/protocol';

/** Metadata files that are read of one session; each archive of a rotated session has one. */
const METADATA_FILES_MAX = 64;

/**
 * Events that the metadata below the directory describes, also those that filters rejected: each name once with all its
 * fields; none where the metadata cannot be read.
 */
export async function recordedEvents(directory: string): Promise<TracepointDescription[]> {
  // Imported when needed: few sessions have filters.
  const { parseMetadata } = await import('@ringtail/ctf');
  const events = new Map<string, TracepointDescription>();
  try {
    for (const file of metadataFiles(directory).slice(0, METADATA_FILES_MAX)) {
      const { dataStreamClasses } = parseMetadata(readFileSync(file));
      for (const { name, logLevel = 0, payload } of dataStreamClasses.flatMap((one) => one.eventRecordClasses)) {
        const fields = payload?.members.map((member) => ({ name: member.name })) ?? [];
        events.set(name, { name, logLevel, fields: [...(events.get(name)?.fields ?? []), ...fields] });
      }
    }
  } catch (error) {
    if (!(error instanceof RingtailError) && errnoOf(error) === undefined) throw error;
    return [];
  }
  return [...events.values()];
}

function metadataFiles(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name === 'metadata')
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
