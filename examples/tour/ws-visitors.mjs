// Visitors of the chat, one after another: node ws-visitors.mjs URL [COUNT]
import { once } from 'node:events';
import { WebSocket } from 'ws';

const [, , url = 'ws://127.0.0.1:3000', count = 12] = process.argv;

for (let i = 1; i <= count; i++) {
  const visitor = new WebSocket(url);
  await once(visitor, 'open');
  visitor.send(`visitor ${i} says hello`);
  await once(visitor, 'message');
  visitor.close();
  await once(visitor, 'close');
}
