import type * as fs from 'node:fs';
import type { RingFile } from '@ringtail/ringbuf';

/** The life of the consumer under test, counted in changes of the file system and of its rings. */
export const life = {
  /** Changes that the consumer still makes; it dies in the middle of the next one. */
  changesLeft: Number.POSITIVE_INFINITY,
  /** Called before each change: other processes act here. */
  beforeChange: () => {},
  /** Descriptors that the consumer has open. */
  descriptors: new Set<number>(),
};

/** Lets changes succeed again, and closes the descriptors of the dead consumer as the kernel does. */
export function bury(closeSync: typeof fs.closeSync): void {
  life.changesLeft = Number.POSITIVE_INFINITY;
  life.beforeChange = () => {};
  for (const descriptor of [...life.descriptors]) closeSync(descriptor);
}

/**
 * `node:fs` for a consumer that dies between two changes of the file system, or halfway through a write. For `vi.mock`.
 */
export function mortalFs(real: typeof fs): typeof fs {
  const names = ['ftruncateSync', 'mkdirSync', 'renameSync', 'rmSync', 'rmdirSync', 'unlinkSync'] as const;
  const mortal = names.map((name) => {
    const call = real[name] as (...args: unknown[]) => unknown;
    return [name, (...args: unknown[]) => (lives() ? call(...args) : die())] as const;
  });
  const openSync: typeof real.openSync = (...args) => {
    // A directory that is opened for lookups (O_PATH) changes nothing.
    if ((Number(args[1] ?? 0) & 0o10000000) === 0 && !lives()) die();
    const descriptor = real.openSync(...args);
    life.descriptors.add(descriptor);
    return descriptor;
  };
  const closeSync: typeof real.closeSync = (descriptor) => {
    life.descriptors.delete(descriptor);
    real.closeSync(descriptor);
  };
  const writevSync: typeof real.writevSync = (descriptor, buffers, position) => {
    if (lives()) return real.writevSync(descriptor, buffers, position);
    const [first] = buffers as readonly Uint8Array[];
    if (life.changesLeft === -1 && first !== undefined) {
      real.writevSync(descriptor, [first.subarray(0, first.length / 2)], position);
    }
    return die();
  };
  return { ...real, ...Object.fromEntries(mortal), openSync, closeSync, writevSync };
}

/** The ring of a consumer that dies before one of its stores, such as the release of a packet. */
export function mortalRing(ring: RingFile): RingFile {
  const { write, close } = ring;
  return {
    ...ring,
    write: (source, position) => (lives() ? write(source, position) : die()),
    close,
  };
}

function lives(): boolean {
  if (life.changesLeft > 0) life.beforeChange();
  return life.changesLeft-- > 0;
}

function die(): never {
  throw new Error('killed');
}
