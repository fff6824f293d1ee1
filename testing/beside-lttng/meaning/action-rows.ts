import type { Action } from './triggers.ts';

/** Resulting state of sessions. */
export interface ActionOutcome {
  /** Active sessions. */
  readonly active: readonly string[];
  /** Paths of snapshots and archives, without times. */
  readonly written: readonly string[];
  /** Number of failures of each action. */
  readonly failures: readonly number[];
}

/** Actions of a trigger on an event. `OUT` is a separate directory for each tool. */
export interface ActionRow {
  readonly title: string;
  readonly setUp: readonly string[];
  readonly actions: readonly Action[];
  /** Number of events; each is emitted after the actions of the one before. Default: 1. */
  readonly events?: number;
  readonly outcome: ActionOutcome;
  /** A different result of lttng; it needs a reason. */
  readonly lttng?: Partial<ActionOutcome>;
  readonly reason?: string;
}

const SESSION = ['create s -o OUT/s', ...channelOf('s')];
const STARTED = [...SESSION, 'start s'];
const STOPPED = [...STARTED, 'stop s'];
const RECORDER = ['create s --snapshot -o OUT/s', ...channelOf('s')];
const RECORDING = [...RECORDER, 'start s'];
const OTHER = ['create t -o OUT/t', ...channelOf('t')];

const start: Action = { kind: 'start-session', session: 's' };
const stop: Action = { kind: 'stop-session', session: 's' };
const rotate: Action = { kind: 'rotate-session', session: 's' };
const snapshot: Action = { kind: 'snapshot-session', session: 's' };
const snapshotTo = (options: string): Action => ({ ...snapshot, options: `--path=OUT/elsewhere ${options}` });

export const ACTION_ROWS: readonly ActionRow[] = [
  ...[start, stop, rotate, snapshot].map(
    (action): ActionRow => ({
      title: `${action.kind} of a session that does not exist`,
      setUp: [],
      actions: [action],
      events: 2,
      outcome: outcome([], [], [2]),
    }),
  ),
  { title: 'start of an active session', setUp: STARTED, actions: [start], outcome: outcome(['s'], [], [0]) },
  {
    title: 'start of a session without a channel',
    setUp: ['create s -o OUT/s'],
    actions: [start],
    outcome: outcome([], [], [1]),
  },
  { title: 'stop of an inactive session', setUp: SESSION, actions: [stop], outcome: outcome([], [], [0]) },
  {
    title: 'rotation of a session that was never started',
    setUp: SESSION,
    actions: [rotate],
    outcome: outcome([], [], [1]),
  },
  {
    title: 'rotation of a stopped session',
    setUp: STOPPED,
    actions: [rotate],
    outcome: outcome([], ['s/archives/-0'], [0]),
  },
  {
    title: 'rotation of a session that was rotated since it was stopped',
    setUp: [...STOPPED, 'rotate s'],
    actions: [rotate],
    outcome: outcome([], ['s/archives/-0'], [0]),
    lttng: { failures: [1] },
    reason: 'LTTng 2.13 tries to count no failure, but compares the code with its negative',
  },
  { title: 'rotation of a flight recorder', setUp: RECORDING, actions: [rotate], outcome: outcome(['s'], [], [1]) },
  {
    title: 'snapshot of a session that is not a flight recorder',
    setUp: STARTED,
    actions: [snapshot],
    outcome: outcome(['s'], [], [1]),
  },
  {
    title: 'snapshot of a session that was never started',
    setUp: RECORDER,
    actions: [snapshot],
    outcome: outcome([], [], [1]),
  },
  {
    title: 'snapshot of a stopped session',
    setUp: [...RECORDING, 'stop s'],
    actions: [snapshot],
    outcome: outcome([], ['s/snapshot-1-0'], [0]),
  },
  {
    title: 'snapshot, three times',
    setUp: RECORDING,
    actions: [snapshot],
    events: 3,
    outcome: outcome(['s'], ['s/snapshot-1-0', 's/snapshot-1-1', 's/snapshot-1-2'], [0]),
  },
  {
    title: 'snapshot --path',
    setUp: RECORDING,
    actions: [snapshotTo('')],
    events: 2,
    outcome: outcome(['s'], ['elsewhere/snapshot-0-0', 'elsewhere/snapshot-0-1'], [0]),
  },
  {
    title: 'snapshot --url',
    setUp: RECORDING,
    actions: [{ ...snapshot, options: '--url=file://OUT/elsewhere' }],
    outcome: outcome(['s'], ['elsewhere/snapshot-0-0'], [0]),
  },
  {
    title: 'snapshot --path --name',
    setUp: RECORDING,
    actions: [snapshotTo('--name=alarm')],
    events: 2,
    outcome: outcome(['s'], ['elsewhere/alarm-0', 'elsewhere/alarm-1'], [0]),
  },
  {
    title: 'snapshot --path --max-size',
    setUp: RECORDING,
    actions: [snapshotTo('--max-size=1M')],
    outcome: outcome(['s'], ['elsewhere/snapshot-0-0'], [0]),
  },
  {
    title: 'snapshot --path --max-size of less than a sub-buffer',
    setUp: RECORDING,
    actions: [snapshotTo('--max-size=4k')],
    outcome: outcome(['s'], ['elsewhere/snapshot-0-0'], [0]),
    lttng: { failures: [1] },
    reason: 'LTTng fails unless every ring has a sub-buffer; Ringtail takes the newest packet of each',
  },
  {
    title: 'snapshot to an output of the session',
    setUp: [
      ...RECORDER,
      'snapshot del-output -s s 1',
      'snapshot add-output -s s --name=mine file://OUT/elsewhere',
      'start s',
    ],
    actions: [snapshot],
    outcome: outcome(['s'], ['elsewhere/mine-0'], [0]),
  },
  {
    title: 'start, snapshot, stop',
    setUp: RECORDER,
    actions: [start, snapshot, stop],
    outcome: outcome([], ['s/snapshot-1-0'], [0, 0, 0]),
  },
  { title: 'stop, start', setUp: STARTED, actions: [stop, start], outcome: outcome(['s'], [], [0, 0]) },
  {
    title: 'a snapshot that fails, start, snapshot',
    setUp: RECORDER,
    actions: [snapshot, start, snapshot],
    outcome: outcome(['s'], ['s/snapshot-1-0'], [1, 0, 0]),
  },
  {
    title: 'stop, rotate, start',
    setUp: STARTED,
    actions: [stop, rotate, start],
    outcome: outcome(['s'], ['s/archives/-0'], [0, 0, 0]),
    lttng: { active: [], failures: [0, 0, 1] },
    reason: 'the rotation of LTTng continues after its action, and the session cannot be started during it',
  },
  {
    title: 'rotate, stop, start of another one',
    setUp: [...STARTED, ...OTHER],
    actions: [rotate, stop, { ...start, session: 't' }],
    outcome: outcome(['t'], ['s/archives/-0'], [0, 0, 0]),
  },
  {
    title: 'each with its own rate policy',
    setUp: RECORDING,
    events: 6,
    actions: [
      { ...snapshotTo('--name=third'), policy: 'every:3' },
      { ...snapshotTo('--name=once'), policy: 'once-after:4' },
      { ...stop, policy: 'once-after:6' },
    ],
    outcome: outcome([], ['elsewhere/once-1', 'elsewhere/third-0', 'elsewhere/third-2'], [0, 0, 0]),
  },
  {
    title: 'failures, as often as rate policies allow',
    setUp: [],
    events: 6,
    actions: [
      { ...start, policy: 'every:2' },
      { ...stop, policy: 'once-after:5' },
    ],
    outcome: outcome([], [], [3, 1]),
  },
];

function channelOf(session: string): string[] {
  return [
    `enable-channel -s ${session} -u c --subbuf-size=16k --num-subbuf=4`,
    `enable-event -s ${session} -u -c c meaning:step`,
  ];
}

function outcome(active: readonly string[], written: readonly string[], failures: readonly number[]): ActionOutcome {
  return { active, written, failures };
}
