import { KernelError } from '@ringtail/kernel';
import type { SourceDescription } from '@ringtail/protocol';
import { SourceError } from '../source-error.ts';
import type { SourceKind } from '../source-kind.ts';
import { openCpuBufferFile } from './cpu-buffer-file.ts';
import { CpuBufferSource } from './cpu-buffer-source.ts';

type CpuBuffer = Extract<SourceDescription, { readonly kind: 'cpu-buffer' }>;

/** Buffers of the kernel, one for each CPU of an instance in tracefs. */
export const CPU_BUFFERS: SourceKind<CpuBuffer> = {
  ownerOf: ({ cpu, instance }) => `CPU ${cpu} of ${instance}`,
  programOf: () => undefined,
  open: (buffer, identity, channel) => {
    const file = openCpuBufferFile(buffer);
    try {
      return new CpuBufferSource({ file, buffer, identity, channel });
    } catch (error) {
      file.close();
      throw error instanceof KernelError ? new SourceError('UNEXPECTED', error.message, { cause: error }) : error;
    }
  },
  openForSnapshots: () => {
    throw new SourceError('UNEXPECTED', 'flight recorders do not record the kernel');
  },
};
