/**
 * A new name beside a file, for the text that is to replace it; to be created with the flag `x`, which refuses a name that
 * exists. Not from `node:crypto`, since loading that module takes longer than many a command.
 */
export function temporaryBeside(path: string): string {
  return `${path}.${Math.random().toString(36).slice(2, 12)}.new`;
}
