import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Code that writes to a standard stream or builds XML: every such module contains one of these. */
const WRITES = /process\.std(?:out|err)\b|\bconsole\.\w+\(|new FdSink\(|new XMLBuilder\(/;

/** Every such module, and its code that makes names, paths and values of others safe to display. */
const WRITERS: Readonly<Record<string, string>> = {
  // The streams of all commands: `run` wraps them in a `visibleStream`.
  'cli/src/program/system-context.ts': 'stdout: process.stdout',
  // A message about a reader that ended.
  'cli/src/main.ts': "on('error'",
  // Text of the printers, which write with `TextEscapes`, `visibleLine`, `jsonText` and `csvCell`.
  'cli/src/reading/follow-session.ts': 'PrettyPrinter',
  'cli/src/reading/output.ts': 'writeBytes',
  'cli/src/reading/print-text.ts': 'printPrettyInJobs',
  // Numbers and texts in JSON or protobuf, into a file.
  'cli/src/reading/otlp/otlp-files.ts': 'openOutputFile(',
  'cli/src/reading/profiles/profile-files.ts': 'openOutputFile(',
  'reader/src/files/jobs/job-process.ts': 'SlicePrinter',
  'cli/src/mi/xml.ts': '...XML_VALUES',
  'session-file/src/sessions/print-session-file.ts': '...XML_VALUES',
  'consumerd/src/log.ts': 'visibleLine(',
  'consumerd/src/main.ts': "on('error'",
  'sessiond/src/log/log.ts': 'visibleLine(',
  'sessiond/src/main.ts': 'visibleLine(',
  // Output of the daemon in the background is passed on unchanged.
  'sessiond/src/startup/background.ts': 'pipe(process.stderr',
  // Written for the program's own user, on the program's own stream.
  'tracer/src/host/debug.ts': 'RINGTAIL_DEBUG',
};

it('every module that writes to a standard stream or builds XML makes texts of others safe to display', () => {
  const packages = readdirSync(join(ROOT, 'packages'));
  const modules = packages.flatMap((of) => modulesOf(join(of, 'src')));
  expect(modules.length).toBeGreaterThan(500);
  const writers = modules.filter((name) => WRITES.test(withoutComments(textOf(name))));
  expect(writers.sort()).toEqual(Object.keys(WRITERS).sort());
  for (const [name, means] of Object.entries(WRITERS)) expect(textOf(name), name).toContain(means);
  expect(textOf('cli/src/program/run.ts')).toContain('stdout: visibleStream(context.stdout)');
});

function modulesOf(folder: string): string[] {
  const names = readdirSync(join(ROOT, 'packages', folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts') && !/\.test\./.test(name)).map((name) => join(folder, name));
}

function textOf(name: string): string {
  return readFileSync(join(ROOT, 'packages', name), 'utf8');
}

function withoutComments(source: string): string {
  return source.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
}
