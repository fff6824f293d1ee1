import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { type Side, succeed } from './side.ts';
import { createSubject, FILLING_BYTES, fillSubject, SUBJECT } from './subject.ts';
import type { Condition } from './triggers.ts';
import { Watches } from './watches.ts';

/** Times at which conditions hold, and the notifications. */
export interface MomentRow {
  readonly title: string;
  readonly play: (side: Side, watches: Watches) => Promise<unknown>;
  readonly outcome: unknown;
}

const { session } = SUBJECT;
const RECORDER = 'recorder';
const SMALL_SUB_BUFS = '--subbuf-size=16k --num-subbuf=8';
/** Names that `createSubject` makes. */
const RING_BYTES = 4 * 65_536;

const consumed: Condition = { kind: 'consumed-size', session, bytes: FILLING_BYTES / 2 };
const low: Condition = { kind: 'usage-low', ...SUBJECT, threshold: '1024' };
const highRatio: Condition = { kind: 'usage-high', ...SUBJECT, threshold: '0.05' };
const ongoing: Condition = { kind: 'rotation-ongoing', session };
const completed: Condition = { kind: 'rotation-completed', session };
const events = (event: string): Condition => ({
  kind: 'event-rule-matches',
  words: `--type=user --name=meaning:${event}`,
});

export const MOMENT_ROWS: readonly MomentRow[] = [
  {
    title: 'a session above the size when the trigger is added: at once, with its size',
    play: async (side, watches) => {
      await createSubject(side, SMALL_SUB_BUFS);
      await watches.add('before', consumed);
      await side.emit('filling', 2 * FILLING_BYTES);
      await watches.told('before');
      await watches.add('after', consumed);
      return (await watches.told('after')).map(({ bytes = 0 }) => bytes >= FILLING_BYTES / 2);
    },
    outcome: [true],
  },
  {
    title: 'an empty ring when the trigger is added: at once, with its use',
    play: async (side, watches) => {
      await createSubject(side);
      await watches.add('before', low);
      await watches.told('before');
      await watches.add('after', low);
      return (await watches.told('after')).map(({ bytes = RING_BYTES }) => bytes <= 1024);
    },
    outcome: [true],
  },
  {
    title: 'a ring at a ratio, without a full sub-buffer',
    play: async (side, watches) => {
      await createSubject(side);
      await watches.add('full', highRatio);
      await fillSubject(side, () => watches.of('full').length > 0);
      const bytes = watches.of('full')[0]?.bytes ?? 0;
      return bytes >= 0.05 * RING_BYTES && bytes <= RING_BYTES;
    },
    outcome: true,
  },
  {
    title: 'rings of a flight recorder: neither full nor empty, since no consumer drains them',
    play: async (side, watches) => {
      await succeed(
        side,
        `create ${RECORDER} --snapshot -o OUT/${RECORDER}`,
        `enable-channel -s ${RECORDER} -u c --subbuf-size=16k --num-subbuf=2 --monitor-timer=5000`,
        `enable-event -s ${RECORDER} -u -c c meaning:filling`,
        `start ${RECORDER}`,
      );
      await watches.add('recorder-low', { ...low, session: RECORDER });
      await watches.add('recorder-high', { ...highRatio, session: RECORDER });
      await side.emit('filling', FILLING_BYTES);
      await createSubject(side);
      await watches.add('full', highRatio);
      await fillSubject(side, () => watches.of('full').length > 0);
      return watches.order().filter((name) => name.startsWith('recorder'));
    },
    outcome: [],
  },
  {
    title: 'a rotation before the trigger is added: no notification',
    play: async (side, watches) => {
      await createSubject(side);
      await succeed(side, 'rotate subject');
      await watches.add('rotated', completed);
      await succeed(side, 'rotate subject');
      return (await watches.told('rotated')).map(({ archive }) => numberOf(side, archive));
    },
    outcome: ['subject/archives/-1'],
  },
  {
    title: 'a rotation: its start, then its end with an existing archive',
    play: async (side, watches) => {
      await createSubject(side);
      await watches.add('ongoing', ongoing);
      await watches.add('completed', completed);
      await succeed(side, 'rotate subject');
      const [told] = await watches.told('completed');
      return [watches.order(), numberOf(side, told?.archive)];
    },
    outcome: [['ongoing', 'completed'], 'subject/archives/-0'],
  },
  {
    title: 'a rotation by schedule',
    play: async (side, watches) => {
      await createSubject(side);
      await watches.add('completed', completed);
      await succeed(side, 'enable-rotation -s subject --timer=500000');
      const [told] = await watches.told('completed');
      return numberOf(side, told?.archive);
    },
    outcome: 'subject/archives/-0',
  },
  {
    title: 'a rotation by the action of a trigger',
    play: async (side, watches) => {
      await createSubject(side);
      await watches.add('completed', completed);
      const actions = [{ kind: 'rotate-session', session }] as const;
      await side.addTrigger({ name: 'rotate', condition: events('step'), actions });
      await side.emit('step', 1);
      const [told] = await watches.told('completed');
      await side.removeTrigger('rotate');
      return numberOf(side, told?.archive);
    },
    outcome: 'subject/archives/-0',
  },
  {
    title: 'the last rotation of a rotated session, at its destruction',
    play: async (side, watches) => {
      await createSubject(side);
      await watches.add('ongoing', ongoing);
      await watches.add('completed', completed);
      await watches.add('barrier', events('step'));
      await succeed(side, 'rotate subject');
      await watches.told('completed');
      await succeed(side, 'destroy subject');
      await watches.told('completed', 2);
      await side.emit('step', 1);
      await watches.told('barrier');
      return [watches.order(), watches.of('completed').map(({ archive }) => numberOf(side, archive))];
    },
    outcome: [
      ['ongoing', 'completed', 'ongoing', 'completed', 'barrier'],
      ['subject/archives/-0', 'subject/archives/-1'],
    ],
  },
  {
    title: 'a session that was never rotated, at its destruction: no rotation',
    play: async (side, watches) => {
      await createSubject(side);
      await watches.add('ongoing', ongoing);
      await watches.add('completed', completed);
      await watches.add('barrier', events('step'));
      await succeed(side, 'destroy subject');
      await side.emit('step', 1);
      await watches.told('barrier');
      return watches.order();
    },
    outcome: ['barrier'],
  },
  {
    title: 'fifty events at once: all of them count',
    play: async (side, watches) => {
      await watches.add('filling', events('filling'));
      await side.emit('filling', 10_000);
      return (await watches.told('filling', 50)).reduce((sum, { occurrences }) => sum + occurrences, 0);
    },
    outcome: 50,
  },
];

export async function playMoment(side: Side, row: MomentRow): Promise<unknown> {
  const watches = new Watches(side, `moment-${MOMENT_ROWS.indexOf(row)}`);
  try {
    return await row.play(side, watches);
  } finally {
    await watches.end([session, RECORDER]);
  }
}

/** Path of the archive below the directory of the tool; undefined if there is none. */
function numberOf({ tool }: Side, archive: string | undefined): string | undefined {
  if (archive === undefined || !existsSync(archive)) return undefined;
  return relative(tool.directory, archive).replace(/[^/]*-(?=\d+$)/, '-');
}
