import type { Libc } from '../libc.ts';
import { posixError } from '../posix-error.ts';

/** Real, effective and saved. */
export type CredentialIds = readonly [real: number, effective: number, saved: number];

/** Calls with which a thread reads its own state. */
export interface ThreadCalls {
  /**
   * One element that always holds the number of this thread's processor: the kernel updates it in the thread's own
   * memory (rseq). Only for this thread, and only while it lives.
   *
   * @returns undefined without rseq: the C library is older than glibc 2.35 or another one, or the processor is not
   *   x86-64
   */
  processorWord(): Int32Array | undefined;
  /** The number of this thread's processor; -1 if the kernel does not tell. */
  getProcessor(): number;
  userIds(): CredentialIds;
  groupIds(): CredentialIds;
  /**
   * Opens and starts a counter of this thread. It counts inside the kernel too where that is permitted.
   *
   * @param type and `config` as in linux/perf_event.h
   * @returns its descriptor
   * @throws {PosixError} `ENOENT` if the machine has no such counter, `EACCES`, `EPERM`, `ENOSYS`, `EMFILE`, …
   */
  openCounter(type: number, config: number): number;
  /** The value of a counter, exact up to 2^53. @throws {PosixError} */
  readCounter(fd: number): number;
}

const PERF_EVENT_OPEN_BY_ARCH: Readonly<Record<string, number>> = { x64: 298, arm64: 241, riscv64: 241, loong64: 241 };

/**
 *   struct perf_event_attr, first version: u32 type, u32 size, u64 config, u64 sample_period, u64 sample_type,
 *   u64 read_format, u64 flags, …
 */
const PERF_ATTR = { TYPE: 0, SIZE: 4, CONFIG: 8, FLAGS: 40, BYTES: 64 } as const;
const PERF_EXCLUDE_KERNEL = 1 << 5;
const PERF_FLAG_FD_CLOEXEC = 8;
const COUNTER_BYTES = 8;

/** `struct rseq`: u32 cpu_id_start, u32 cpu_id, … */
const RSEQ_CPU_ID = 4;
const RSEQ_BYTES_MIN = 20;
const POINTER_BYTES = 8;

export function threadCalls(libc: Libc, arch: string): ThreadCalls {
  /** Binds a function at its first call: few programs need it, and not every C library has it. */
  function lazily<Call extends (...args: never[]) => unknown>(definition: string): () => Call {
    let call: Call | undefined;
    return () => {
      call ??= libc.koffi.load(null).func(definition) as unknown as Call;
      return call;
    };
  }
  const pthreadSelf = lazily<() => number>('intptr_t pthread_self()');
  const schedGetcpu = lazily<() => number>('int sched_getcpu()');
  const getresuid = lazily<(ids: Uint32Array, e: Uint32Array, s: Uint32Array) => number>(
    'int getresuid(void *real, void *effective, void *saved)',
  );
  const getresgid = lazily<(ids: Uint32Array, e: Uint32Array, s: Uint32Array) => number>(
    'int getresgid(void *real, void *effective, void *saved)',
  );
  const perfEventOpen = lazily<
    (number: number, attributes: Uint8Array, pid: number, cpu: number, group: number, flags: number) => number
  >('intptr_t syscall(intptr_t number, const void *attr, intptr_t pid, intptr_t cpu, intptr_t group, intptr_t flags)');
  const read = lazily<(fd: number, data: Uint32Array, bytes: number) => number>(
    'intptr_t read(int fd, void *data, size_t bytes)',
  );
  const ids = new Uint32Array(3);
  const counter = new Uint32Array(2);

  /** The eight bytes at a symbol of the C library; undefined if it has none of that name. */
  function wordAt(symbol: string): DataView | undefined {
    const address = libc.dlsym(0, symbol);
    return address === 0 ? undefined : new DataView(libc.koffi.view(BigInt(address), POINTER_BYTES));
  }

  function threeIds(name: string, call: (real: Uint32Array, effective: Uint32Array, saved: Uint32Array) => number) {
    if (call(ids, ids.subarray(1), ids.subarray(2)) < 0) throw posixError(name, libc.errno());
    return [...ids] as unknown as CredentialIds;
  }

  return {
    processorWord() {
      // On other processors pthread_self() is not the thread pointer, to which the offset is relative.
      if (arch !== 'x64') return undefined;
      try {
        const offset = wordAt('__rseq_offset')?.getBigInt64(0, true);
        const bytes = wordAt('__rseq_size')?.getUint32(0, true) ?? 0;
        // The size is zero where the kernel or the administrator refused it.
        if (offset === undefined || bytes < RSEQ_BYTES_MIN) return undefined;
        const rseq = BigInt(pthreadSelf()()) + offset;
        const word = new Int32Array(libc.koffi.view(rseq + BigInt(RSEQ_CPU_ID), Int32Array.BYTES_PER_ELEMENT));
        return (word[0] as number) >= 0 ? word : undefined;
      } catch {
        // A C library without one of the symbols, or a runtime that forbids memory that it did not allocate.
        return undefined;
      }
    },

    getProcessor: () => schedGetcpu()(),
    userIds: () => threeIds('getresuid', getresuid()),
    groupIds: () => threeIds('getresgid', getresgid()),

    openCounter(type, config) {
      const attributes = Buffer.alloc(PERF_ATTR.BYTES);
      attributes.writeUInt32LE(type, PERF_ATTR.TYPE);
      attributes.writeUInt32LE(PERF_ATTR.BYTES, PERF_ATTR.SIZE);
      attributes.writeBigUInt64LE(BigInt(config), PERF_ATTR.CONFIG);
      const number = PERF_EVENT_OPEN_BY_ARCH[arch]!;
      for (const flags of [0, PERF_EXCLUDE_KERNEL]) {
        attributes.writeUInt32LE(flags, PERF_ATTR.FLAGS);
        const fd = perfEventOpen()(number, attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
        if (fd >= 0) return fd;
      }
      throw posixError('perf_event_open', libc.errno());
    },

    readCounter(fd) {
      const bytes = read()(fd, counter, COUNTER_BYTES);
      if (bytes !== COUNTER_BYTES) throw posixError('read', bytes < 0 ? libc.errno() : 0, 'of a perf counter');
      return (counter[1] as number) * 2 ** 32 + (counter[0] as number);
    },
  };
}
