import { renameSync } from 'node:fs';

export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Renames in this order, or not at all. @throws the system's error; everything has its former name then */
export function renameAll(renames: readonly Rename[]): void {
  const done: Rename[] = [];
  try {
    for (const rename of renames) {
      renameSync(rename.from, rename.to);
      done.push(rename);
    }
  } catch (error) {
    for (const { from, to } of done.reverse()) renameSync(to, from);
    throw error;
  }
}
