/**
 * Fields of `/proc/PID/stat` after the name of the process: field N of proc_pid_stat(5) has index N - 3. The name, in
 * parentheses, may contain spaces and parentheses, so its end is the last one.
 *
 * @returns texts; fewer than the manual page lists where the text is no such line
 */
export function statFields(stat: string): string[] {
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .trimEnd()
    .split(' ');
}
