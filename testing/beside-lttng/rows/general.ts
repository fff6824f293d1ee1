import { EVENTS, type Row, SESSION, STARTED } from './row.ts';

export const GENERAL_ROWS: readonly Row[] = [
  { command: 'regenerate', setUp: STARTED, words: 'regenerate metadata', exitCode: 0 },
  { command: 'regenerate', setUp: STARTED, words: 'regenerate statedump -s s', exitCode: 0 },
  {
    command: 'regenerate',
    setUp: [SESSION, 'enable-channel -u c --buffers-pid', EVENTS, 'start'],
    words: 'regenerate metadata',
    exitCode: 120,
  },
  { command: 'regenerate', setUp: STARTED, words: 'regenerate nosuch', exitCode: 2 },
  { command: 'metadata', setUp: STARTED, words: 'metadata regenerate', exitCode: 0 },
  { command: 'view', setUp: [SESSION], words: 'view -e true s', exitCode: 0 },
  { command: 'view', words: 'view nosuch', exitCode: 1 },
  { command: 'version', exitCode: 0, words: 'version' },
  { command: 'help', exitCode: 0, words: 'help' },
  { command: 'general', words: 'nosuch', exitCode: 2 },
  {
    command: 'general',
    words: '--nosuch list',
    exitCode: 2,
    lttng: 1,
    reason: 'an unknown option exits with 2 wherever it stands, as lttng(1) documents',
  },
  {
    command: 'general',
    words: '--mi=json list',
    exitCode: 1,
    lttng: 165,
    reason: 'lttng exits with a negative number that a shell shows as 165',
  },
  { command: 'general', words: '--version', exitCode: 0 },
  { command: 'general', words: '--list-commands', exitCode: 0 },
  { command: 'general', words: '-q list', exitCode: 0 },
  { command: 'general', words: '-v list', exitCode: 0 },
];
