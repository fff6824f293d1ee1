import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { END, type EventRow, SCRIPT } from './event-rows.ts';
import { type Side, toldOf, until } from './side.ts';

/** Adds the trigger of each row, and one whose notification follows all others. */
export async function addEventTriggers(side: Side, rows: readonly EventRow[]): Promise<void> {
  for (const [at, { rule, capture, policy }] of rows.entries()) {
    const words = `--type=user ${withPid(side, rule)} --capture=${capture}`;
    await side.addTrigger({
      name: nameOf(at),
      condition: { kind: 'event-rule-matches', words },
      actions: [{ kind: 'notify', ...(policy !== undefined && { policy }) }],
    });
  }
  await side.addTrigger({
    name: 'end',
    condition: { kind: 'event-rule-matches', words: `--type=user --name=meaning:${END[0]}` },
    actions: [{ kind: 'notify' }],
  });
}

export async function removeEventTriggers(side: Side, rows: readonly EventRow[]): Promise<void> {
  for (const at of rows.keys()) await side.removeTrigger(nameOf(at));
  await side.removeTrigger('end');
}

/**
 * Emits the script.
 *
 * @returns the notifications of each row
 */
export async function playEvents(side: Side, rows: readonly EventRow[]): Promise<readonly (readonly unknown[])[]> {
  const before = side.told.length;
  const ended = toldOf(side, 'end');
  for (const [event, n] of SCRIPT) {
    const due = side.told.length + rows.filter((row) => tellsOf(side, row, n)).length;
    await side.emit(event, n);
    // If notifications come faster than they are read, the program sums them.
    await until(() => side.told.length >= due);
  }
  await side.emit(...END);
  await until(() => toldOf(side, 'end') > ended);
  const told = side.told.slice(before);
  return rows.map(({ capture }, at) =>
    told
      .filter(({ trigger }) => trigger === nameOf(at))
      .flatMap(({ captures }) => captures)
      .filter((value) => capture !== 'n' || isOfScript(value)),
  );
}

/** Removes events without `n`: rules for all events also match the statedump of LTTng-UST. */
function isOfScript(n: unknown): boolean {
  return n !== null && n !== END[1];
}

/** Expected notifications of a row, with the names and numbers of the side's own process. */
export function expectedOf(side: Side, { tells, lttng }: EventRow): readonly unknown[] {
  const expected = side.name === 'lttng' ? (lttng ?? tells) : tells;
  return expected.map((value) => {
    if (value === 'PROCNAME') return programOf(side.pid);
    return value === 'PID' ? side.pid : value;
  });
}

/** Name of a process that has not named itself; threads of Node.js may have other names. */
function programOf(pid: number): string {
  return basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] as string);
}

function nameOf(at: number): string {
  return `events-${at}`;
}

function withPid(side: Side, words: string): string {
  return words.replaceAll('PID', String(side.pid));
}

/** Whether the row includes the event with this `n`. */
function tellsOf(side: Side, row: EventRow, n: number): boolean {
  if (row.capture === 'n') return expectedOf(side, row).includes(n);
  return SCRIPT.some(([event, number]) => event === 'sample' && number === n);
}
