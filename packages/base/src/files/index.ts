export { makeDirectories } from './make-directories.ts';
export { textIn } from './read-text.ts';
export { temporaryBeside } from './temporary-name.ts';
