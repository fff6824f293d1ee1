import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const readJson = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
const lock: Record<string, LockedPackage> = readJson('package-lock.json').packages;
const decided: Record<string, boolean> = readJson('package.json').allowScripts ?? {};

/** Names of packages with an install script. npm warns about each undecided one and does not run it. */
function scripted(isMeant: (locked: LockedPackage) => boolean): string[] {
  return Object.entries(lock)
    .filter(([, locked]) => locked.hasInstallScript && isMeant(locked))
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
}

describe('the dependencies', () => {
  it('of the published packages have no install script, about which npm would warn every user', () => {
    expect(Object.keys(lock)).toContain('node_modules/@koromix/koffi-linux-x64');
    expect(scripted((locked) => !locked.dev)).toEqual([]);
  });

  it('of the workspace have no install script about which npm would warn in a fresh clone', () => {
    expect(scripted(() => true).filter((name) => !(name in decided))).toEqual([]);
  });
});
