import { readFileSync } from 'node:fs';
import { statFields } from '@ringtail/posix';

export type TerminalRole =
  /** No controlling terminal. */
  | 'none'
  /** Our process group is in the foreground and gets Ctrl-C. */
  | 'foreground'
  /** Another process group is in the foreground. */
  | 'background';

/** The current role of our process group at its terminal. */
export function terminalRole(): TerminalRole {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'latin1');
  } catch {
    return 'none';
  }
  return terminalRoleOf(stat);
}

/** Parses `/proc/PID/stat`. */
export function terminalRoleOf(stat: string): TerminalRole {
  const [, , processGroup, , terminal, foregroundGroup] = statFields(stat);
  if (terminal === undefined || terminal === '0') return 'none';
  return processGroup === foregroundGroup ? 'foreground' : 'background';
}
