import type { SourceDescription } from '@ringtail/protocol';
import type { PacketSource } from './packet-source.ts';
import type { SnapshotSource } from './snapshot-source.ts';
import type { SourceChannel, StreamIdentity } from './source.ts';

/** One kind of source. `open` and `openForSnapshots` throw `SourceError` if the source is not the described one. */
export interface SourceKind<Description> {
  /** Owner of a source, in words: `thread 11 of process 10 (node)`. */
  ownerOf(description: Description): string;
  /** The process that a source belongs to, with the name of its program; undefined for other sources. */
  programOf(description: Description): { readonly pid: number; readonly program: string } | undefined;
  open(description: Description, identity: StreamIdentity, channel: SourceChannel): PacketSource;
  openForSnapshots(description: Description, identity: StreamIdentity, channel: SourceChannel): SnapshotSource;
}

export type SourceKinds = {
  readonly [Kind in SourceDescription['kind']]: SourceKind<Extract<SourceDescription, { readonly kind: Kind }>>;
};

export function kindOf(kinds: SourceKinds, { kind }: SourceDescription): SourceKind<SourceDescription> {
  return kinds[kind];
}
