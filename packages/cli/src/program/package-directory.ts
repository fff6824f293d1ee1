import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Directory of the installed package `ringtail`. */
export function packageDirectory(): string {
  return dirname(fileURLToPath(import.meta.resolve('ringtail/package.json')));
}
