import { AF_UNIX } from '../constants.ts';
import { refusedCall } from '../posix-error.ts';

const FAMILY_BYTES = 2;
/** `sun_path`, with its terminating byte. */
const PATH_BYTES = 108;
export const UNIX_PATH_BYTES_MAX = PATH_BYTES - 1;

/** `struct sockaddr_un` of a path. @throws {PosixError} `ENAMETOOLONG`, `EINVAL` */
export function unixAddress(call: string, path: string): Buffer {
  const pathBytes = Buffer.byteLength(path);
  if (pathBytes > UNIX_PATH_BYTES_MAX) {
    const reason = `${path} has ${pathBytes} bytes, the path of a Unix socket at most ${UNIX_PATH_BYTES_MAX}`;
    throw refusedCall(call, 'ENAMETOOLONG', reason);
  }
  if (pathBytes === 0 || path.includes('\0')) throw refusedCall(call, 'EINVAL', `${JSON.stringify(path)} is no path`);
  const address = Buffer.alloc(FAMILY_BYTES + PATH_BYTES);
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, FAMILY_BYTES);
  return address;
}

/**
 * `struct sockaddr_un` of a name outside of the file system; its length has no padding.
 *
 * @throws {PosixError} `ENAMETOOLONG`
 */
export function abstractAddress(call: string, name: string): Buffer {
  const bytes = Buffer.from(name, 'utf8');
  // A byte before the name takes the place of a path's terminating byte.
  if (bytes.length > UNIX_PATH_BYTES_MAX) {
    throw refusedCall(call, 'ENAMETOOLONG', `the name of an abstract socket has at most ${UNIX_PATH_BYTES_MAX} bytes`);
  }
  const address = Buffer.alloc(FAMILY_BYTES + 1 + bytes.length);
  address.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(address, FAMILY_BYTES + 1);
  return address;
}
