import { fstatSync } from 'node:fs';
import { Errno, Fallocate, Fcntl, MADV_REMOVE, MapFlag, Memfd, Prot } from './constants.ts';
import type { Libc } from './libc.ts';
import { posixError, refusedCall } from './posix-error.ts';

/** Shared memory of this process. `buffer` must not be touched after `unmap`: that would end the process. */
export interface Mapping {
  readonly address: number;
  readonly bytes: number;
  readonly buffer: ArrayBuffer;
}

export interface MemoryCalls {
  /**
   * Makes an anonymous file, close-on-exec and never executable. It lives as long as one of its descriptors or
   * mappings.
   *
   * @param flags further flags of `Memfd`
   */
  memfdCreate(name: string, flags: number): number;
  /** Forbids the operations of `seals` (of `Seal`) for good and to every process. */
  addSeals(fd: number, seals: number): void;
  /** The seals of a memfd. @throws {PosixError} `EINVAL` for files that cannot be sealed */
  getSeals(fd: number): number;
  /** Gives the file `bytes` bytes and the memory or disk blocks for them. @throws {PosixError} `ENOSPC` */
  allocate(fd: number, bytes: number): void;
  /**
   * Frees the memory or disk blocks of a part of the file, which then reads as zeros. The size stays.
   *
   * @throws {PosixError}
   */
  punchHole(fd: number, offset: number, bytes: number): void;
  /**
   * Maps `bytes` bytes of a file, from `offset` (a multiple of the page size) on, shared, for reading and writing.
   *
   * @throws {PosixError} `EINVAL` for 2 GiB and more, or for more than the file has
   */
  map(fd: number, bytes: number, offset?: number): Mapping;
  /**
   * Maps memory that a driver of the kernel offers, shared, for reading. The driver knows its size, not the file.
   *
   * @throws {PosixError} `ENODEV` where the driver offers none, `EINVAL` for 2 GiB and more
   */
  mapForReading(fd: number, bytes: number): Mapping;
  /**
   * Frees whole pages of an anonymous file, through a mapping of it. They read as zeros afterwards.
   *
   * @throws {PosixError} `EINVAL` beyond the mapping, and for a part of a page: some machines have larger pages
   */
  removePages(mapping: Mapping, offset: number, bytes: number): void;
  /** Ends a mapping. The caller knows that no view on it is left. */
  unmap(mapping: Mapping): void;
  /** Ends a mapping of a thread that has ended. */
  unmapLeftover(address: number, bytes: number): void;
  /**
   * Releases the file and keeps the addresses valid: later stores and loads through a view hit private memory. The
   * addresses are freed when the last view has been collected.
   */
  retire(mapping: Mapping): void;
}

/** Koffi aborts the process on views above 4 GiB; indices into views have to stay small integers. */
const MAPPING_BYTES_END = 2 ** 31;
/** A signal interrupts an allocation and undoes it. A process with a profiler gets a thousand signals a second. */
const INTERRUPTED_COUNT_MAX = 1000;

export function memoryCalls(libc: Libc): MemoryCalls {
  const mappings = new WeakSet<Mapping>();
  const retired = new FinalizationRegistry<{ address: number; bytes: number }>(({ address, bytes }) => {
    libc.munmap(address, bytes);
  });

  /** Lets a mapping end only once: its addresses may belong to another one afterwards. */
  function take(call: string, mapping: Mapping): void {
    if (!mappings.delete(mapping)) throw refusedCall(call, 'EINVAL', 'this mapping has ended already');
  }

  function mapped(fd: number, bytes: number, prot: number, offset: number): Mapping {
    const address = libc.mmap(0, bytes, prot, MapFlag.SHARED, fd, offset);
    if (address === -1) throw posixError('mmap', libc.errno(), `of ${bytes} bytes`);
    try {
      const mapping = { address, bytes, buffer: libc.koffi.view(BigInt(address), bytes) };
      mappings.add(mapping);
      return mapping;
    } catch (error) {
      libc.munmap(address, bytes);
      // Some runtimes (Electron) forbid memory that they did not allocate.
      throw refusedCall('mmap', 'ENOTSUP', `this JavaScript runtime refuses a view: ${(error as Error).message}`);
    }
  }

  return {
    memfdCreate(name, flags) {
      const wanted = flags | Memfd.CLOEXEC;
      let fd = libc.memfdCreate(name, wanted | Memfd.NOEXEC_SEAL);
      // Kernels before 6.3 do not know the flag; some later ones are configured to require it.
      if (fd < 0 && libc.errno() === Errno.EINVAL) fd = libc.memfdCreate(name, wanted);
      if (fd < 0) throw posixError('memfd_create', libc.errno(), name);
      return fd;
    },

    addSeals(fd, seals) {
      if (libc.fcntl(fd, Fcntl.ADD_SEALS, seals) < 0) throw posixError('fcntl(F_ADD_SEALS)', libc.errno());
    },

    getSeals(fd) {
      const seals = libc.fcntl(fd, Fcntl.GET_SEALS, 0);
      if (seals < 0) throw posixError('fcntl(F_GET_SEALS)', libc.errno());
      return seals;
    },

    allocate(fd, bytes) {
      for (let attempt = 1; ; attempt++) {
        const errno = libc.posixFallocate(fd, 0, bytes);
        if (errno === 0) return;
        if (errno !== Errno.EINTR || attempt === INTERRUPTED_COUNT_MAX) {
          throw posixError('posix_fallocate', errno, `of ${bytes} bytes`);
        }
      }
    },

    punchHole(fd, offset, bytes) {
      for (
        let attempt = 1;
        libc.fallocate(fd, Fallocate.PUNCH_HOLE | Fallocate.KEEP_SIZE, offset, bytes) < 0;
        attempt++
      ) {
        const errno = libc.errno();
        if (errno !== Errno.EINTR || attempt === INTERRUPTED_COUNT_MAX) throw posixError('fallocate', errno);
      }
    },

    map(fd, bytes, offset = 0) {
      checkMappingBytes(bytes);
      const fileBytes = fstatSync(fd).size;
      // A load beyond the file's end is a SIGBUS.
      if (offset < 0 || fileBytes < offset + bytes) {
        throw refusedCall(
          'mmap',
          'EINVAL',
          `cannot map ${bytes} bytes from ${offset} on of a file of ${fileBytes} bytes`,
        );
      }
      return mapped(fd, bytes, Prot.READ | Prot.WRITE, offset);
    },

    mapForReading(fd, bytes) {
      checkMappingBytes(bytes);
      return mapped(fd, bytes, Prot.READ, 0);
    },

    removePages(mapping, offset, bytes) {
      const { address, bytes: mapped } = mapping;
      if (!mappings.has(mapping) || offset < 0 || bytes <= 0 || offset + bytes > mapped) {
        throw refusedCall('madvise', 'EINVAL', 'there is no such part of a mapping');
      }
      // The kernel would also free the rest of a page.
      const pageBytes = libc.getpagesize();
      if (offset % pageBytes !== 0 || bytes % pageBytes !== 0) {
        throw refusedCall('madvise', 'EINVAL', `${bytes} bytes from ${offset} on are not whole pages of ${pageBytes}`);
      }
      if (libc.madvise(address + offset, bytes, MADV_REMOVE) < 0) throw posixError('madvise', libc.errno());
    },

    unmap(mapping) {
      take('munmap', mapping);
      if (libc.munmap(mapping.address, mapping.bytes) < 0) throw posixError('munmap', libc.errno());
    },

    unmapLeftover(address, bytes) {
      if (libc.munmap(address, bytes) < 0) throw posixError('munmap', libc.errno());
    },

    retire(mapping) {
      take('retire', mapping);
      const { address, bytes } = mapping;
      const flags = MapFlag.PRIVATE | MapFlag.ANONYMOUS | MapFlag.FIXED | MapFlag.NORESERVE;
      if (libc.mmap(address, bytes, Prot.READ | Prot.WRITE, flags, -1, 0) === -1) {
        throw posixError('mmap', libc.errno(), 'in place of a retired mapping');
      }
      retired.register(mapping.buffer, { address, bytes });
    },
  };
}

function checkMappingBytes(bytes: number): void {
  if (Number.isInteger(bytes) && bytes > 0 && bytes < MAPPING_BYTES_END) return;
  throw refusedCall('mmap', 'EINVAL', `cannot map ${bytes} bytes, at most ${MAPPING_BYTES_END - 1} are possible`);
}
