import { KernelError } from '@ringtail/kernel';
import type { SourceDescription } from '@ringtail/protocol';
import { SourceError } from '../source-error.ts';
import type { SourceKind } from '../source-kind.ts';
import { type CpuBufferFile, type CpuBufferMemory, openCpuBufferFile } from './cpu-buffer-file.ts';
import { CpuBufferSnapshots } from './cpu-buffer-snapshots.ts';
import { CpuBufferSource } from './cpu-buffer-source.ts';

type CpuBuffer = Extract<SourceDescription, { readonly kind: 'cpu-buffer' }>;

/** Buffers of the kernel, one for each CPU of an instance in tracefs. */
export const CPU_BUFFERS: SourceKind<CpuBuffer> = {
  ownerOf: ({ cpu, instance }) => `CPU ${cpu} of ${instance}`,
  programOf: () => undefined,
  open: (buffer, identity, channel) =>
    opened(buffer, (file) => new CpuBufferSource({ file, buffer, identity, channel })),
  openForSnapshots: (buffer, identity, channel) =>
    opened(buffer, (file) => new CpuBufferSnapshots({ file, buffer, identity, channel })),
};

function opened<Source>(buffer: CpuBuffer, make: (file: CpuBufferFile & CpuBufferMemory) => Source): Source {
  const file = openCpuBufferFile(buffer);
  try {
    return make(file);
  } catch (error) {
    file.close();
    throw error instanceof KernelError ? new SourceError('UNEXPECTED', error.message, { cause: error }) : error;
  }
}
