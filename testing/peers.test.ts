import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { optionalPeer, requireHeader, requirePeer } from './peers.ts';

describe('a tool for comparisons', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('is found in PATH', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ringtail-peers-'));
    try {
      const program = join(directory, 'gcc');
      writeFileSync(program, '', { mode: 0o700 });
      vi.stubEnv('PATH', `/nowhere::${directory}`);
      expect(requirePeer('gcc', 'nothing')).toBe(program);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('that is absent is named with the untested part', () => {
    vi.stubEnv('PATH', '/nowhere');
    vi.stubEnv('CI', '');
    const spoken = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(requirePeer('babeltrace2', 'the traces')).toBeUndefined();
    expect(spoken.mock.calls[0]?.[0]).toMatch(/^SKIPPED: babeltrace2 is not installed .*: not tested: the traces\n$/);
  });

  it('that is absent in CI is a failure', () => {
    vi.stubEnv('PATH', '/nowhere');
    vi.stubEnv('CI', 'true');
    expect(() => requirePeer('babeltrace2', 'the traces')).toThrow('not tested: the traces');
  });

  it('can be a header', () => {
    vi.stubEnv('CI', 'true');
    expect(() => requireHeader('lttng/no-such-header.h' as never, 'the triggers')).toThrow('not tested: the triggers');
  });

  it('with a long installation may be absent in CI, with a message', () => {
    vi.stubEnv('PATH', '/nowhere');
    vi.stubEnv('CI', 'true');
    const spoken = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(optionalPeer('prometheus', 'the metrics')).toBeUndefined();
    expect(spoken).toHaveBeenCalledWith(expect.stringContaining('not tested: the metrics'));
  });
});
