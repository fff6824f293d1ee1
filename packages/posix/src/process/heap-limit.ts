import type { Libc } from '../libc.ts';

export interface HeapLimitCalls {
  /**
   * Has V8 post the semaphore at `address` whenever the heap of this thread has reached its limit. V8 then ends the
   * process, as it does without this. Only once for a thread: V8 ends a process that does it twice.
   *
   * V8 calls a function with an address of the caller and two numbers, and raises the limit if it returns more than
   * the limit is. JavaScript cannot run at that time. `sem_post` takes the address, ignores the numbers, adds one to
   * the first word of the semaphore, and returns 0.
   *
   * @param address zeroed memory of a `sem_t` (32 bytes) that is never unmapped
   * @returns false where a function is missing: with another engine or another version of it
   */
  postAtHeapLimit(address: number): boolean;
}

/** `v8::Isolate`: `GetCurrent()`, and `AddNearHeapLimitCallback(size_t (*)(void *, size_t, size_t), void *)`. */
const GET_CURRENT = '_ZN2v87Isolate10GetCurrentEv';
const ADD_CALLBACK = '_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_';

export function heapLimitCalls(libc: Libc): HeapLimitCalls {
  return {
    postAtHeapLimit(address) {
      const post = libc.dlsym(0, 'sem_post');
      if (post === 0 || libc.dlsym(0, GET_CURRENT) === 0 || libc.dlsym(0, ADD_CALLBACK) === 0) return false;
      const library = libc.koffi.load(null);
      const getCurrent = library.func(`intptr_t ${GET_CURRENT}()`) as unknown as () => number;
      const add = library.func(
        `void ${ADD_CALLBACK}(intptr_t isolate, intptr_t callback, intptr_t data)`,
      ) as unknown as (...addresses: readonly [isolate: number, callback: number, data: number]) => void;
      add(getCurrent(), post, address);
      return true;
    },
  };
}
