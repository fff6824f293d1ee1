import { AF_UNIX } from './constants.ts';
import { refusedCall } from './posix-error.ts';

const FAMILY_BYTES = 2;
/** `sun_path`, with the byte that ends it. */
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
