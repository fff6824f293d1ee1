import { spawnSync } from 'node:child_process';

/**
 * Output of Babeltrace for a trace.
 *
 * @throws Error with its messages if it refuses the trace
 */
export function judgement(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, signal } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`babeltrace2 ${args.join(' ')}: ${signal ?? `status ${status}`}: ${stderr}`);
  return stdout;
}

const LABELS = String.raw`"(?:[^"\\]|\\.)*"`;
const SEVERAL_LABELS = new RegExp(String.raw`\( (?:\{ )?(${LABELS}(?:, ${LABELS})+)(?: \})? : container`, 'g');

/** In Babeltrace 2.0, several labels of a value have no defined order and no braces. */
export function withoutLabelOrder(text: string): string {
  return text.replaceAll(SEVERAL_LABELS, (_, labels: string) => {
    const sorted = labels.match(new RegExp(LABELS, 'g'))!.sort();
    return `( ${sorted.join(', ')} : container`;
  });
}

/** The messages of packets and events in a text of details. Babeltrace 2.0 describes metadata differently. */
export function detailedMessages(text: string): string {
  const beginning = text.lastIndexOf('Stream beginning:\n');
  return text.slice(text.indexOf('\n\n', beginning) + 2);
}
