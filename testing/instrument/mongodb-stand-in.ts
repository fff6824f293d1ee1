/**
 * A stand-in for a MongoDB server, which Debian does not have. It speaks the part of MongoDB's protocol that the driver
 * needs with `serverApi`: messages of the kind OP_MSG.
 *
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { BSON } from 'mongodb';

const OP_MSG = 2013;
const HEADER_BYTES = 16;
/** The flags, and the kind of the first section. */
const BODY_FROM = HEADER_BYTES + 5;

const HELLO = {
  helloOk: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
};

/** Answers by the name of the command. */
const ANSWERS: Readonly<Record<string, object>> = {
  hello: HELLO,
  insert: { n: 1 },
  update: { n: 1, nModified: 1 },
  find: { cursor: { id: BSON.Long.fromNumber(7), ns: 'shop.carts', firstBatch: [{ _id: 1 }] } },
  getMore: { cursor: { id: BSON.Long.ZERO, ns: 'shop.carts', nextBatch: [{ _id: 2 }] } },
  aggregate: { ok: 0, errmsg: 'private', code: 26, codeName: 'NamespaceNotFound' },
};

/** @returns the port of 127.0.0.1, and a function that ends the server */
export async function startMongodbStandIn(): Promise<{ readonly port: number; stop(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let pending = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= HEADER_BYTES && pending.length >= pending.readInt32LE(0)) {
        const length = pending.readInt32LE(0);
        answer(socket, pending.subarray(0, length));
        pending = pending.subarray(length);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

function answer(socket: Socket, message: Buffer): void {
  const name = firstName(message);
  if (name === 'drop') {
    socket.destroy();
    return;
  }
  const document = BSON.serialize({ ok: 1, ...ANSWERS[name] });
  const header = Buffer.alloc(BODY_FROM);
  header.writeInt32LE(BODY_FROM + document.length, 0);
  header.writeInt32LE(message.readInt32LE(4), 8);
  header.writeInt32LE(OP_MSG, 12);
  socket.write(Buffer.concat([header, document]));
}

/** The name of the first member of the first section: of the command. */
function firstName(message: Buffer): string {
  const from = BODY_FROM + 5;
  return message.toString('utf8', from, message.indexOf(0, from));
}
