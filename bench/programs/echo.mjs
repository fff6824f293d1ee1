// Sends back all data from a Unix socket until standard input ends: echo.mjs PATH
import { createServer } from 'node:net';
import { printJson } from './loops.mjs';

const server = createServer((socket) => socket.pipe(socket));
server.listen(process.argv[2], () => printJson({}));
process.stdin.resume();
process.stdin.once('end', () => process.exit());
