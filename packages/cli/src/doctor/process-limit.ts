import type { Machine } from './check.ts';

export interface ProcessLimit {
  readonly soft: number;
  readonly hard: number;
}

/** A limit of a process, by its name in `/proc`; undefined where `/proc` lacks it. */
export function processLimit(
  machine: Machine,
  name: string,
  process: number | 'self' = 'self',
): ProcessLimit | undefined {
  const line = new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(machine.textOf(`/proc/${process}/limits`) ?? '');
  if (line === null) return undefined;
  const [soft, hard] = line.slice(1).map((word) => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word)));
  return { soft: soft as number, hard: hard as number };
}

/** The limit of file sizes of a process; infinite without a limit, or where it is unknown. */
export function fileSizeLimit(machine: Machine, process?: number): number {
  return processLimit(machine, 'Max file size', process)?.soft ?? Number.POSITIVE_INFINITY;
}
