import { userName } from '@ringtail/posix/accounts';
import type { ChannelDescription, RingMemory } from '@ringtail/protocol';
import { formatBytes, plural } from '../output/quantity.ts';

export const MEMORY_DETAILS = ['total', 'compact', 'full'] as const;
/** `compact`: for each user, or for each process that owns buffers; `full`: for each thread. */
export type MemoryDetail = (typeof MEMORY_DETAILS)[number];

/** The memory that a channel's rings take now. @param rings the rings of the channel */
export function describeMemory(
  { ownership }: ChannelDescription,
  rings: readonly RingMemory[],
  detail: MemoryDetail,
): { readonly total: string; readonly parts: readonly string[] } {
  return { total: amountOf(rings), parts: partsOf(ownership, rings, detail) };
}

function partsOf(
  ownership: ChannelDescription['ownership'],
  rings: readonly RingMemory[],
  detail: MemoryDetail,
): string[] {
  if (detail === 'total') return [];
  if (detail === 'full') {
    return rings.map(
      ({ usedBytes, ringBytes, tid, ...owner }) =>
        `thread ${tid} of ${processName(owner)}: ${formatBytes(usedBytes)} of ${formatBytes(ringBytes)}`,
    );
  }
  const nameOf = ownership === 'process' ? processName : ({ uid }: RingMemory) => `user ${userName(uid)}`;
  const names = [...new Set(rings.map(nameOf))];
  return names.map((name) => `${name}: ${amountOf(rings.filter((ring) => nameOf(ring) === name))}`);
}

function amountOf(rings: readonly RingMemory[]): string {
  const bytes = rings.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  return `${formatBytes(bytes)} in ${plural(rings.length, 'ring')}`;
}

function processName({ pid, program }: Pick<RingMemory, 'pid' | 'program'>): string {
  return `process ${pid} (${program})`;
}
