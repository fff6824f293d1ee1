import { homedir } from 'node:os';
import { expect, it, onTestFinished, vi } from 'vitest';
import { homeDirectory } from './home-directory.ts';

it('an empty RINGTAIL_HOME is as unset', () => {
  expect(homeDirectory({ RINGTAIL_HOME: '/elsewhere' })).toBe('/elsewhere');
  expect(homeDirectory({ RINGTAIL_HOME: '' })).toBe(homedir());
});

it('an empty HOME is as unset: the home directory is that of the account', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('HOME', '');
  expect(homeDirectory({})).toMatch(/^\//);
});
