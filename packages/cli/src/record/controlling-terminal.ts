import { readFileSync } from 'node:fs';

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

/** Parses `/proc/PID/stat`. The program's name in it may contain anything, so fields are found from its end. */
export function terminalRoleOf(stat: string): TerminalRole {
  const [, , processGroup, , terminal, foregroundGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (terminal === undefined || terminal === '0') return 'none';
  return processGroup === foregroundGroup ? 'foreground' : 'background';
}
