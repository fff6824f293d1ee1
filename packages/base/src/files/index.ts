export { makeDirectories } from './make-directories.ts';
export { temporaryBeside } from './temporary-name.ts';
