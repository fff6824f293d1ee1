/**
 * A user who overloads the metrics endpoint: `node scrape-flood.mjs PORT CONNECTIONS MODE`, until it is killed.
 *
 * Modes: `pipelined` sends requests without waiting for answers, `unread` reads no answer, `silent` sends half a
 * request, `scrape` sends one request after another. A closed connection is made again at once.
 */
import { connect } from 'node:net';

const [port, connections, mode] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
const REQUESTS = Buffer.from(REQUEST.repeat(1500));
let answered = 0;

function open() {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('close', () => setImmediate(open));
  socket.on('connect', () => {
    if (mode === 'silent') socket.write(REQUEST.slice(0, -2));
    else if (mode === 'scrape') socket.write(REQUEST);
    else send(socket);
  });
  if (mode === 'unread') return;
  socket.on('data', (chunk) => {
    const answers = chunk.toString('latin1').split('HTTP/1.1 200 OK\r\n').length - 1;
    answered += answers;
    if (mode === 'scrape' && answers > 0) socket.write(REQUEST);
  });
}

function send(socket) {
  while (socket.writable && socket.write(REQUESTS));
  socket.once('drain', () => send(socket));
}

for (let n = 0; n < connections; n++) open();
process.stdin.on('data', () => console.log(`answered ${answered}`));
console.log('ready');
