// A chat on WebSockets: each visitor receives the messages of all.
import { EventEmitter } from 'node:events';
import { WebSocketServer } from 'ws';

const room = new EventEmitter();
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) });

server.on('connection', (visitor) => {
  room.on('message', (text) => visitor.send(text));
  visitor.on('message', (data) => room.emit('message', String(data)));
});
server.on('listening', () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
