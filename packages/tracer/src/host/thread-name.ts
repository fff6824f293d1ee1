import { basename } from 'node:path';

/** The process's title, for `procname`. */
export function threadName(): string {
  return nameOfTitle(process.title, process.argv0);
}

/** The title that Node.js sets is the command as it was typed: the last part of its path is the name. */
export function nameOfTitle(title: string, argv0: string): string {
  return title === argv0 || title.startsWith('/') ? basename(title) : title;
}
