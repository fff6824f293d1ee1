/** Records programs that have no tracepoints. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventsOf, makeSandbox, record, type TracedEvent } from '../e2e/harness.ts';

/** An event of the runtime, with its fields by name. */
export interface RuntimeEvent {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Records a program with the instruments.
 *
 * @param source of an ES module that knows nothing of Ringtail
 * @param options of `record`, such as its rules
 * @returns its events in order, and its output
 */
export async function recorded(
  source: string,
  options: readonly string[] = [],
): Promise<{ events: RuntimeEvent[]; stdout: string }> {
  const sandbox = makeSandbox();
  const file = join(sandbox.directory, 'app.mjs');
  writeFileSync(file, source);
  const instrumented = { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: undefined } };
  const { ended, summary, trace } = await record(instrumented, [process.execPath, file], options);
  expect([ended.code, summary.troubles, summary.eventsDiscarded]).toEqual([0, [], 0]);
  return { events: eventsOf(sandbox, trace).map(withFields), stdout: ended.stdout };
}

/** The fields of events with the same name, in order. */
export function fieldsOf(events: readonly RuntimeEvent[], name: string): RuntimeEvent['fields'][] {
  return events.filter((event) => event.name === name).map(({ fields }) => fields);
}

/** Reads `NAME = VALUE` of a line of text. Structures are not read. */
function withFields({ name, fields }: TracedEvent): RuntimeEvent {
  const payload = fields.slice(fields.indexOf('}, {') + 4);
  const values = [...payload.matchAll(/(\w+) = (?:"([^"]*)"|\( "([^"]*)"[^)]*\)|([^,\s}]+))/g)];
  return {
    name,
    fields: Object.fromEntries(values.map(([, field, text, label, plain]) => [field, text ?? label ?? plain])),
  };
}
