export { makeDirectories } from './make-directories.ts';
export { type Package, PackageFinder } from './package-finder.ts';
export { textIn } from './read-text.ts';
export { temporaryBeside } from './temporary-name.ts';
