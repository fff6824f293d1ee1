import { readFileSync } from 'node:fs';

export type TerminalRole =
  /** No controlling terminal. */
  | 'none'
  /** Our process group is the one that Ctrl-C and the like reach. */
  | 'foreground'
  /** There is a terminal, and another process group is in front. */
  | 'background';

/** What our process group is to its terminal now. */
export function terminalRole(): TerminalRole {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'latin1');
  } catch {
    return 'none';
  }
  return terminalRoleOf(stat);
}

/** Reads the line of `/proc/PID/stat`. The program's name in it may hold anything, so fields count from its end. */
export function terminalRoleOf(stat: string): TerminalRole {
  const [, , processGroup, , terminal, foregroundGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (terminal === undefined || terminal === '0') return 'none';
  return processGroup === foregroundGroup ? 'foreground' : 'background';
}
