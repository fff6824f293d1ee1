/**
 * A new name beside a file, for the text that is to replace the file. Create it with the flag `x`, which refuses an
 * existing name. The name does not come from `node:crypto`, since loading that module takes longer than many commands.
 */
export function temporaryBeside(path: string): string {
  return `${path}.${Math.random().toString(36).slice(2, 12)}.new`;
}
