import { basename } from 'node:path';

/** The process's title, without the directory of `node`, which is what a title that nobody set starts with. */
export function threadName(): string {
  return process.title.startsWith('/') ? basename(process.title) : process.title;
}
