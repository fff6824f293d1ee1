/** Names and numbers of users and groups. */
import { spawnSync } from 'node:child_process';
import { textIn } from '@ringtail/base/files';

const LOOKUP_TIMEOUT_MS = 5000;
/** 0xffffffff means "no user" to system calls. */
const ID_MAX = 0xffff_fffe;

/** The number of a user given by number or name; undefined if there is none. */
export function userNumber(text: string): number | undefined {
  return lookUp('passwd', text);
}

/** The same by /etc/passwd alone: no directory service can delay it. */
export function localUserNumber(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : numberIn(textIn('/etc/passwd') ?? '', text);
}

/** The number of a group given by number or name; undefined if there is none. */
export function groupNumber(text: string): number | undefined {
  return lookUp('group', text);
}

/** The primary group of a user; undefined if there is no such user. */
export function primaryGroupOf(uid: number): number | undefined {
  for (const read of [() => textIn('/etc/passwd') ?? '', () => getent('passwd', String(uid))]) {
    const entry = read()
      .split('\n')
      .map((line) => line.split(':'))
      .find((fields) => fields[2] === String(uid));
    if (entry?.[3] !== undefined && /^\d{1,10}$/.test(entry[3])) return Number(entry[3]);
  }
  return undefined;
}

/** The name of a user, `root` for 0; the number itself if /etc/passwd has no name for it. */
export function userName(number: number): string {
  return nameIn('/etc/passwd', number);
}

export function groupName(number: number): string {
  return nameIn('/etc/group', number);
}

function nameIn(path: string, number: number): string {
  const line = (textIn(path) ?? '').split('\n').find((one) => one.split(':')[2] === String(number));
  return line?.split(':')[0] ?? String(number);
}

/** Reads the system's file first, then asks `getent`, which knows directory services as well. */
function lookUp(database: 'passwd' | 'group', text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) <= ID_MAX ? Number(text) : undefined;
  if (text === '' || /[:\n\0]/.test(text) || text.startsWith('-')) return undefined;
  return numberIn(textIn(`/etc/${database}`) ?? '', text) ?? numberIn(getent(database, text), text);
}

function numberIn(lines: string, name: string): number | undefined {
  const line = lines.split('\n').find((one) => one.startsWith(`${name}:`));
  const number = line?.split(':')[2];
  return number !== undefined && /^\d{1,10}$/.test(number) ? Number(number) : undefined;
}

function getent(database: string, name: string): string {
  const { stdout } = spawnSync('getent', [database, name], { encoding: 'utf8', timeout: LOOKUP_TIMEOUT_MS });
  return stdout ?? '';
}
