import { describe, expect, it } from 'vitest';
import { archiveName, snapshotDirectoryName } from './archive-names.ts';

const at = new Date(2026, 10, 20, 13, 33, 54);
const later = new Date(2026, 10, 21, 0, 0, 1);

describe('names of what is archived', () => {
  it("are LTTng's for snapshots: name, local date and time, number", () => {
    expect(snapshotDirectoryName('snapshot-1', at, 7)).toBe('snapshot-1-20261120-133354-7');
  });

  it("are LTTng's for trace chunks: begin, end, number", () => {
    expect(archiveName(at, later, 12)).toMatch(/^20261120T133354[+-]\d{4}-20261121T000001[+-]\d{4}-12$/);
  });
});
