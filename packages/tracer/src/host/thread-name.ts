import { basename } from 'node:path';

/** The process's title. */
export function threadName(): string {
  return nameOfTitle(process.title, process.argv0);
}

/** A title that nobody set is the command as it was typed: its last part is the name. */
export function nameOfTitle(title: string, argv0: string): string {
  return title === argv0 || title.startsWith('/') ? basename(title) : title;
}
