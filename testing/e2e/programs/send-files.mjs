// Sends open files to a session daemon, each over a separate connection, in place of a tracer's descriptors:
// node send-files.mjs RUN_DIRECTORY FILE COUNT
//
// It makes the file and prints `open`. At a line on standard input it sends, and prints the number of connections that
// the daemon ended.

import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { loadPosix } from '@ringtail/posix';
import { APP_FRAME_BYTES_MAX, encodeFrame } from '@ringtail/protocol';

const [runDirectory, file, count] = process.argv.slice(2);
const { posix } = loadPosix();
const descriptor = openSync(file, 'a+');
console.log('open');
await once(process.stdin, 'data');
const register = { type: 'register', protocol: 1, pid: process.pid, tid: process.pid, procname: 'x' };
let answers = 0;
for (let index = 0; index < Number(count); index++) {
  const socket = posix.connectUnix(join(runDirectory, 'app.sock'), 5000);
  try {
    posix.sendWithFd(socket, encodeFrame(register, APP_FRAME_BYTES_MAX), descriptor, 5000);
    while (posix.receive(socket, Buffer.alloc(4096), 20_000) > 0);
    answers++;
  } catch (error) {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') answers++;
    else console.log(error.message);
  }
  posix.closeFd(socket);
}
console.log(`ended ${answers}`);
// To close the file would wait.
process.kill(process.pid, 'SIGKILL');
