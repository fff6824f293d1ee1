import type { Machine } from './check.ts';

export interface ProcessLimit {
  readonly soft: number;
  readonly hard: number;
}

/** A limit of a process, as `/proc` names it; undefined where `/proc` does not tell. */
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

/** The limit of file sizes of a process; infinite where there is none, or it is not known. */
export function fileSizeLimit(machine: Machine, process?: number): number {
  return processLimit(machine, 'Max file size', process)?.soft ?? Number.POSITIVE_INFINITY;
}
