import { readFileSync } from 'node:fs';

export { groupNumber, userNumber } from '@ringtail/session-file/accounts';

/** `root` of 0; the number itself where it has no name. */
export function userName(number: number): string {
  return nameIn('/etc/passwd', number);
}

export function groupName(number: number): string {
  return nameIn('/etc/group', number);
}

function nameIn(path: string, number: number): string {
  const line = linesOf(path)
    .split('\n')
    .find((one) => one.split(':')[2] === String(number));
  return line?.split(':')[0] ?? String(number);
}

function linesOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
