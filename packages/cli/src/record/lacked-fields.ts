import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, RingtailError } from '@ringtail/base';
import type { EventRule, TracepointDescription } from '@ringtail/protocol';
import { lackingField } from '../diagnosis/diagnose-rules.ts';
import { fieldsAskedFor } from '../diagnosis/filter-fields.ts';
import type { Finding } from '../errors/finding.ts';

/** Next step for filters, which only settings files have in a recording. */
export const CHANGE_FILTER = 'change the filter in the settings, and run the command again';

/**
 * Filters with a field that no event of their rule has. The programs have ended, but the trace describes the events
 * that rules have selected, also where filters rejected all of them.
 */
export async function lackedFields(trace: string, session: string, rules: readonly EventRule[]): Promise<Finding[]> {
  const filtered = rules.filter(({ filter }) => filter !== undefined && fieldsAskedFor(filter).length > 0);
  if (filtered.length === 0) return [];
  const applications = [{ tracepoints: await eventsIn(trace) }];
  return filtered.flatMap((rule) => {
    const facts = { session, applications, instead: CHANGE_FILTER };
    return lackingField({ channel: '', rule: { ...rule, enabled: true } }, facts) ?? [];
  });
}

/** Events of all metadata below the directory, each name once with all its fields; none where it cannot be read. */
async function eventsIn(directory: string): Promise<TracepointDescription[]> {
  // Imported when needed: few settings have filters.
  const { parseMetadata } = await import('@ringtail/ctf');
  const events = new Map<string, TracepointDescription>();
  try {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name !== 'metadata') continue;
      const { dataStreamClasses } = parseMetadata(readFileSync(join(entry.parentPath ?? entry.path, entry.name)));
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
