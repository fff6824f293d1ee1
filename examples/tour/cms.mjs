// Stands for the network in which vite-site is built: a server with articles, and two name servers. The first name
// server does not answer. Prints where they are.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';

const PORTS = (process.env.PORTS ?? '5300,5301,5302').split(',').map(Number);
const RESPONSE_FLAGS = 0x8180;
/** Name of the question, type A, class IN, a minute, 127.0.0.1. */
const ANSWER = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);

async function nameServer(port, answer) {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (query, asker) => answer(socket, query, asker));
  return `127.0.0.1:${socket.address().port}`;
}

function answerQuery(socket, query, { port, address }) {
  // The question ends behind the empty label of its name, its type and its class.
  const question = query.subarray(0, query.indexOf(0, 12) + 5);
  const response = Buffer.concat([question, ANSWER]);
  response.writeUInt16BE(RESPONSE_FLAGS, 2);
  response.writeUInt16BE(1, 6);
  response.writeUInt16BE(0, 10);
  socket.send(response, port, address);
}

const articles = http.createServer((_, response) => response.end(JSON.stringify(['Tails', 'Rings'])));
articles.listen(PORTS[0], '127.0.0.1');
await once(articles, 'listening');
const nameServers = [await nameServer(PORTS[1], () => undefined), await nameServer(PORTS[2], answerQuery)];
console.log(`NAME_SERVERS=${nameServers} CMS_URL=http://cms.example.com:${articles.address().port}/`);
