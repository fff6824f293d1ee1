import { CHANNEL, EVENTS, type Row, SESSION } from './row.ts';

const LOADS_NO_DIRECTORY = 'lttng 2.13.9 loads nothing from a directory';

export const SAVED_SESSION_ROWS: readonly Row[] = [
  { command: 'save', setUp: [SESSION, CHANNEL, EVENTS], words: 'save -o OUT/saved', exitCode: 0 },
  { command: 'save', setUp: [SESSION, CHANNEL, EVENTS], words: 'save s --output-path=OUT/saved', exitCode: 0 },
  { command: 'save', setUp: [SESSION, 'save -o OUT/saved'], words: 'save -o OUT/saved', exitCode: 85 },
  { command: 'save', setUp: [SESSION, 'save -o OUT/saved'], words: 'save -f -o OUT/saved', exitCode: 0 },
  { command: 'save', setUp: [SESSION], words: 'save nosuch -o OUT/saved', exitCode: 23 },
  {
    command: 'load',
    setUp: [SESSION, CHANNEL, EVENTS, 'save -o OUT/saved', 'destroy'],
    words: 'load -i OUT/saved/s.lttng',
    exitCode: 0,
  },
  {
    command: 'load',
    setUp: [SESSION, CHANNEL, EVENTS, 'save -o OUT/saved', 'destroy'],
    words: 'load --input-path=OUT/saved/s.lttng s',
    exitCode: 0,
  },
  {
    command: 'load',
    setUp: [SESSION, CHANNEL, EVENTS, 'save -o OUT/saved', 'destroy'],
    words: 'load -i OUT/saved s',
    exitCode: 0,
    lttng: 1,
    reason: LOADS_NO_DIRECTORY,
    notCompared: 'the session exists',
  },
  {
    command: 'load',
    setUp: [SESSION, CHANNEL, EVENTS, 'save -o OUT/saved', 'destroy'],
    words: 'load -a -i OUT/saved',
    exitCode: 0,
    notCompared: LOADS_NO_DIRECTORY,
  },
  { command: 'load', setUp: [SESSION, CHANNEL, 'save -o OUT/saved'], words: 'load -i OUT/saved/s.lttng', exitCode: 1 },
  {
    command: 'load',
    setUp: [SESSION, CHANNEL, 'save -o OUT/saved'],
    words: 'load -f -i OUT/saved/s.lttng',
    exitCode: 0,
  },
  {
    command: 'load',
    setUp: [SESSION, CHANNEL, EVENTS, 'save -o OUT/saved', 'destroy'],
    words: 'load -i OUT/saved/s.lttng s --override-name=t',
    exitCode: 0,
  },
  {
    command: 'load',
    setUp: [SESSION, 'save -o OUT/saved', 'destroy'],
    words: 'load -i OUT/saved/s.lttng --override-name=t',
    exitCode: 1,
  },
  { command: 'load', words: 'load -i OUT/nosuch s', exitCode: 1 },
  { command: 'load', words: 'load', exitCode: 0 },
  { command: 'load', words: 'load -a', exitCode: 0 },
  {
    command: 'load',
    words: 'load nosuch',
    exitCode: 1,
    lttng: 0,
    reason: 'lttng reports success for a session that does not exist',
  },
  { command: 'load', words: 'load s -a', exitCode: 1 },
  {
    command: 'load',
    setUp: [SESSION, 'save -o OUT/saved', 'destroy'],
    words: 'load -i OUT/saved/s.lttng s --override-name=a/b',
    exitCode: 1,
  },
];
