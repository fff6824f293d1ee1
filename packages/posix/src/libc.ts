/** The functions of the C library in use, bound once per JavaScript environment. */

import type { Koffi } from './koffi.ts';

/** A pointer argument: JavaScript memory (which does not move during the call), an address, or none. */
type Pointer = Uint8Array | number | null;

/** A call that fails returns -1 and sets `errno()`; only `posixFallocate` returns the error number. */
export interface Libc {
  readonly koffi: Koffi;
  /** Error number of the last call. */
  errno(): number;
  memfdCreate(name: string, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  posixFallocate(fd: number, offset: number, bytes: number): number;
  fallocate(fd: number, mode: number, offset: number, bytes: number): number;
  mmap(address: number, bytes: number, prot: number, flags: number, fd: number, offset: number): number;
  munmap(address: number, bytes: number): number;
  madvise(address: number, bytes: number, advice: number): number;
  getpagesize(): number;
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Uint8Array): number;
  bind(fd: number, address: Uint8Array, bytes: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: null, bytes: null, flags: number): number;
  connect(fd: number, address: Uint8Array, bytes: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, bytes: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, bytes: Uint8Array): number;
  send(fd: number, data: Pointer, bytes: number, flags: number): number;
  recv(fd: number, data: Pointer, bytes: number, flags: number): number;
  sendmsg(fd: number, message: number, flags: number): number;
  recvmsg(fd: number, message: number, flags: number): number;
  poll(fds: Uint8Array, count: number, timeoutMs: number): number;
  write(fd: number, data: Pointer, bytes: number): number;
  close(fd: number): number;
  mkfifo(path: string, mode: number): number;
  flock(fd: number, operation: number): number;
  /** The address of a `struct group`, which the next call overwrites; 0 where there is none. */
  getgrnam(name: string): number;
  syscall(number: number): number;
  /** The address of a symbol; 0 where there is none. */
  dlsym(handle: 0, name: string): number;
}

/** @throws when a function is missing in the C library this process runs with */
export function bindLibc(koffi: Koffi): Libc {
  const library = koffi.load(null);
  // Koffi's functions have no types of their own: `Libc` has them.
  const bind = (definition: string): ((...args: never[]) => never) => library.func(definition) as never;
  return {
    koffi,
    errno: () => koffi.errno(),
    memfdCreate: bind('int memfd_create(const char *name, unsigned int flags)'),
    fcntl: bind('int fcntl(int fd, int command, intptr_t argument)'),
    posixFallocate: bind('int posix_fallocate(int fd, int64_t offset, int64_t bytes)'),
    fallocate: bind('int fallocate(int fd, int mode, int64_t offset, int64_t bytes)'),
    mmap: bind('intptr_t mmap(intptr_t address, size_t bytes, int prot, int flags, int fd, int64_t offset)'),
    munmap: bind('int munmap(intptr_t address, size_t bytes)'),
    madvise: bind('int madvise(intptr_t address, size_t bytes, int advice)'),
    getpagesize: bind('int getpagesize()'),
    socket: bind('int socket(int domain, int type, int protocol)'),
    socketpair: bind('int socketpair(int domain, int type, int protocol, void *fds)'),
    bind: bind('int bind(int fd, const void *address, uint32_t bytes)'),
    listen: bind('int listen(int fd, int backlog)'),
    accept4: bind('int accept4(int fd, void *address, void *bytes, int flags)'),
    connect: bind('int connect(int fd, const void *address, uint32_t bytes)'),
    setsockopt: bind('int setsockopt(int fd, int level, int name, const void *value, uint32_t bytes)'),
    getsockopt: bind('int getsockopt(int fd, int level, int name, void *value, void *bytes)'),
    send: bind('intptr_t send(int fd, const void *data, size_t bytes, int flags)'),
    recv: bind('intptr_t recv(int fd, void *data, size_t bytes, int flags)'),
    sendmsg: bind('intptr_t sendmsg(int fd, intptr_t message, int flags)'),
    recvmsg: bind('intptr_t recvmsg(int fd, intptr_t message, int flags)'),
    poll: bind('int poll(void *fds, unsigned long count, int timeout)'),
    close: bind('int close(int fd)'),
    write: bind('intptr_t write(int fd, const void *data, size_t bytes)'),
    mkfifo: bind('int mkfifo(const char *path, uint32_t mode)'),
    flock: bind('int flock(int fd, int operation)'),
    getgrnam: bind('intptr_t getgrnam(const char *name)'),
    syscall: bind('intptr_t syscall(intptr_t number)'),
    dlsym: bind('intptr_t dlsym(intptr_t handle, const char *name)'),
  };
}
