import { statSync } from 'node:fs';
import type { Clock } from '@ringtail/base';
import { textIn } from '@ringtail/base/files';
import { localUserNumber } from '@ringtail/posix/accounts';

/** Time for which a change of the file may go unseen. */
const LOOK_AGAIN_MS = 10_000;

/** User numbers that one user may use in user namespaces, as an administrator assigned them. */
interface Range {
  readonly owner: number;
  readonly begin: number;
  readonly end: number;
}

export interface SubordinateUsersOptions extends Clock {
  readonly path?: string;
}

/**
 * Finds the users behind the numbers that they use in user namespaces (`/etc/subuid`): all of these numbers have one
 * share, so that one user does not count as 65,536.
 */
export class SubordinateUsers {
  readonly #path: string;
  readonly #nowMs: Clock['nowMs'];
  #ranges: readonly Range[] = [];
  #version: string | undefined;
  #lookAgainMs = Number.NEGATIVE_INFINITY;

  constructor({ path = '/etc/subuid', nowMs }: SubordinateUsersOptions) {
    this.#path = path;
    this.#nowMs = nowMs;
  }

  /** The user that a number stands for: itself, unless it is subordinate to another. */
  userBehind(uid: number): number {
    this.#refresh();
    return this.#ranges.find(({ begin, end }) => uid >= begin && uid < end)?.owner ?? uid;
  }

  #refresh(): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#lookAgainMs) return;
    this.#lookAgainMs = nowMs + LOOK_AGAIN_MS;
    const version = versionOf(this.#path);
    if (version === this.#version) return;
    this.#version = version;
    this.#ranges = version === undefined ? [] : rangesIn(this.#path);
  }
}

function versionOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats && `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
}

/** Lines of `OWNER:FIRST:COUNT`; other lines are skipped. @see subuid(5) */
function rangesIn(path: string): Range[] {
  return (textIn(path) ?? '').split('\n').flatMap((line) => {
    const [, name = '', first, count] = /^([^:#]+):(\d{1,10}):(\d{1,10})$/.exec(line.trim()) ?? [];
    const owner = name === '' ? undefined : localUserNumber(name);
    if (owner === undefined) return [];
    const begin = Number(first);
    // Numbers that belong to containers of root are not root.
    return [{ owner: owner === 0 ? begin : owner, begin, end: begin + Number(count) }];
  });
}
