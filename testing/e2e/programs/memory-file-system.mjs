// A file system in memory, served through /dev/fuse: node memory-file-system.mjs MOUNT_POINT SWALLOW_FILE
//
// It prints "mounted" once it answers. Stopped by SIGSTOP it answers nothing, and processes that wait for it can be
// killed. While SWALLOW_FILE exists, it reads requests and answers none; waiting processes cannot even be killed. When
// its standard input is closed, it ends, and all waiting processes get an error.
import { spawnSync } from 'node:child_process';
import { existsSync, openSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

// The layout of messages: linux/fuse.h, protocol 7.31, 64-bit little-endian.
const Opcode = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
  RENAME2: 45,
};
const NO_ANSWER = new Set([Opcode.FORGET, Opcode.BATCH_FORGET, Opcode.INTERRUPT]);
const IN_HEADER_BYTES = 40;
const OUT_HEADER_BYTES = 16;
const ATTRIBUTES_BYTES = 88;
const MAX_WRITE_BYTES = 128 * 1024;
const BIG_WRITES = 1 << 5;
const SetAttribute = { MODE: 1, UID: 2, GID: 4, SIZE: 8 };
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

if (isMainThread) {
  const [mountPoint, swallowFile] = process.argv.slice(2);
  const device = openSync('/dev/fuse', 'r+');
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions';
  const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'ringtail-test', mountPoint], {
    stdio: ['ignore', 'ignore', 'inherit', device],
  });
  if (mounted.status !== 0) process.exit(1);
  const server = new Worker(new URL(import.meta.url), { workerData: { device, swallowFile } });
  server.once('message', () => process.stdout.write('mounted\n'));
  process.stdin.resume().on('end', () => process.kill(process.pid, 'SIGKILL'));
} else {
  serve(workerData);
}

function serve({ device, swallowFile }) {
  const nodes = new Map([[1n, newNode(1n, S_IFDIR | 0o1777, { uid: 0, gid: 0 })]]);
  let nextId = 2n;
  const buffer = Buffer.alloc(MAX_WRITE_BYTES + 64 * 1024);
  for (;;) {
    const count = readSync(device, buffer);
    const opcode = buffer.readUInt32LE(4);
    if (opcode === Opcode.DESTROY) return;
    if (NO_ANSWER.has(opcode) || existsSync(swallowFile)) continue;
    const unique = buffer.readBigUInt64LE(8);
    const user = { uid: buffer.readUInt32LE(24), gid: buffer.readUInt32LE(28) };
    const answer = perform(opcode, buffer.readBigUInt64LE(16), user, buffer.subarray(IN_HEADER_BYTES, count));
    const isError = typeof answer === 'string';
    const out = Buffer.alloc(OUT_HEADER_BYTES + (isError ? 0 : answer.length));
    out.writeUInt32LE(out.length, 0);
    out.writeInt32LE(isError ? -constants.errno[answer] : 0, 4);
    out.writeBigUInt64LE(unique, 8);
    if (!isError) answer.copy(out, OUT_HEADER_BYTES);
    try {
      writeSync(device, out);
    } catch (error) {
      // The requesting process has been killed.
      if (error.code !== 'ENOENT') throw error;
    }
    if (opcode === Opcode.INIT) parentPort.postMessage('mounted');
  }

  /** The answer's body, or the name of an error. */
  function perform(opcode, id, user, body) {
    const node = nodes.get(id);
    switch (opcode) {
      case Opcode.INIT: {
        const out = Buffer.alloc(64);
        out.writeUInt32LE(7, 0);
        out.writeUInt32LE(31, 4);
        out.writeUInt32LE(body.readUInt32LE(8), 8);
        out.writeUInt32LE(BIG_WRITES, 12);
        out.writeUInt32LE(MAX_WRITE_BYTES, 20);
        return out;
      }
      case Opcode.LOOKUP: {
        const child = node.children.get(namesOf(body, 0)[0]);
        return child === undefined ? 'ENOENT' : entryOf(child);
      }
      case Opcode.GETATTR:
        return attributesAnswer(node);
      case Opcode.SETATTR: {
        const valid = body.readUInt32LE(0);
        if (valid & SetAttribute.SIZE) resize(node, Number(body.readBigUInt64LE(16)));
        if (valid & SetAttribute.MODE) node.mode = (node.mode & S_IFMT) | (body.readUInt32LE(68) & 0o7777);
        if (valid & SetAttribute.UID) node.uid = body.readUInt32LE(76);
        if (valid & SetAttribute.GID) node.gid = body.readUInt32LE(80);
        return attributesAnswer(node);
      }
      case Opcode.MKNOD:
        return make(node, namesOf(body, 16)[0], body.readUInt32LE(0), user);
      case Opcode.MKDIR:
        return make(node, namesOf(body, 8)[0], S_IFDIR | body.readUInt32LE(0), user);
      case Opcode.CREATE: {
        const entry = make(node, namesOf(body, 16)[0], S_IFREG | body.readUInt32LE(4), user);
        return typeof entry === 'string' ? entry : Buffer.concat([entry, Buffer.alloc(16)]);
      }
      case Opcode.UNLINK:
        return node.children.delete(namesOf(body, 0)[0]) ? Buffer.alloc(0) : 'ENOENT';
      case Opcode.RMDIR: {
        const [name] = namesOf(body, 0);
        if (node.children.get(name)?.children.size > 0) return 'ENOTEMPTY';
        return node.children.delete(name) ? Buffer.alloc(0) : 'ENOENT';
      }
      case Opcode.RENAME:
      case Opcode.RENAME2: {
        const [from, to] = namesOf(body, opcode === Opcode.RENAME ? 8 : 16);
        const moved = node.children.get(from);
        if (moved === undefined) return 'ENOENT';
        node.children.delete(from);
        nodes.get(body.readBigUInt64LE(0)).children.set(to, moved);
        return Buffer.alloc(0);
      }
      case Opcode.OPEN:
      case Opcode.OPENDIR:
        return Buffer.alloc(16);
      case Opcode.READ: {
        const offset = Number(body.readBigUInt64LE(8));
        return Buffer.from(node.content.subarray(offset, offset + body.readUInt32LE(16)));
      }
      case Opcode.WRITE: {
        const offset = Number(body.readBigUInt64LE(8));
        const bytes = body.readUInt32LE(16);
        resize(node, Math.max(node.content.length, offset + bytes));
        body.copy(node.content, offset, 40, 40 + bytes);
        const out = Buffer.alloc(8);
        out.writeUInt32LE(bytes, 0);
        return out;
      }
      case Opcode.READDIR:
        return directoryAnswer(node, Number(body.readBigUInt64LE(8)), body.readUInt32LE(16));
      case Opcode.STATFS: {
        const out = Buffer.alloc(80);
        for (const at of [0, 8, 16, 24, 32]) out.writeBigUInt64LE(1n << 20n, at);
        for (const [at, value] of [
          [40, 4096],
          [44, 255],
          [48, 4096],
        ])
          out.writeUInt32LE(value, at);
        return out;
      }
      case Opcode.RELEASE:
      case Opcode.RELEASEDIR:
      case Opcode.FLUSH:
      case Opcode.FSYNC:
      case Opcode.FSYNCDIR:
      case Opcode.ACCESS:
        return Buffer.alloc(0);
      default:
        return 'ENOSYS';
    }
  }

  function make(parent, name, mode, user) {
    if (parent.children.has(name)) return 'EEXIST';
    const node = newNode(nextId++, mode, user);
    nodes.set(node.id, node);
    parent.children.set(name, node);
    return entryOf(node);
  }
}

function newNode(id, mode, { uid, gid }) {
  return { id, mode, uid, gid, content: Buffer.alloc(0), children: new Map() };
}

function resize(node, bytes) {
  const content = Buffer.alloc(bytes);
  node.content.copy(content);
  node.content = content;
}

function namesOf(body, offset) {
  return body.toString('utf8', offset).split('\0');
}

function attributesOf({ id, mode, uid, gid, content }) {
  const out = Buffer.alloc(ATTRIBUTES_BYTES);
  out.writeBigUInt64LE(id, 0);
  out.writeBigUInt64LE(BigInt(content.length), 8);
  out.writeBigUInt64LE(BigInt(Math.ceil(content.length / 512)), 16);
  for (const [at, value] of [
    [60, mode],
    [64, 1],
    [68, uid],
    [72, gid],
    [80, 4096],
  ])
    out.writeUInt32LE(value, at);
  return out;
}

/** Nothing is cached: each access to a file is a request. */
function attributesAnswer(node) {
  return Buffer.concat([Buffer.alloc(16), attributesOf(node)]);
}

function entryOf(node) {
  const out = Buffer.alloc(40);
  out.writeBigUInt64LE(node.id, 0);
  return Buffer.concat([out, attributesOf(node)]);
}

function directoryAnswer(node, offset, bytesMax) {
  const entries = [];
  let bytes = 0;
  for (const [index, [name, { id, mode }]] of [...node.children].entries()) {
    if (index < offset) continue;
    const text = Buffer.from(name);
    const out = Buffer.alloc(24 + Math.ceil(text.length / 8) * 8);
    out.writeBigUInt64LE(id, 0);
    out.writeBigUInt64LE(BigInt(index + 1), 8);
    out.writeUInt32LE(text.length, 16);
    out.writeUInt32LE((mode & S_IFMT) >> 12, 20);
    text.copy(out, 24);
    if (bytes + out.length > bytesMax) break;
    bytes += out.length;
    entries.push(out);
  }
  return Buffer.concat(entries);
}
