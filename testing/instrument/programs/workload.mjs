// Uses what instruments hook, and prints all that a program can see of it. Knows nothing of Ringtail.
import assert from 'node:assert';
import { AsyncLocalStorage } from 'node:async_hooks';
import * as childProcess from 'node:child_process';
import * as crypto from 'node:crypto';
import * as dns from 'node:dns';
import * as fs from 'node:fs';
import { readFile as readPromised } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import * as net from 'node:net';
import process from 'node:process';
import * as timers from 'node:timers';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

const print = (name, value) => console.log(name, JSON.stringify(value));
/** The value or the error of a call, without the parts of the stack that have numbers of lines. */
const outcome = (call) => {
  try {
    return call();
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message, frames: framesOf(error) };
  }
};
const framesOf = ({ stack }) =>
  stack
    .split('\n')
    .filter((line) => /^\s*at /.test(line))
    .map((line) =>
      line
        .trim()
        .replace(/:\d+:\d+/, '')
        .replace(/file:.*\//, ''),
    );
const call = (start) => new Promise((resolve) => start((...values) => resolve(values)));

// Functions look the same.
const MODULES = { childProcess, crypto, dns, fs, http, http2, net, timers, zlib };
for (const [name, module] of Object.entries(MODULES)) {
  const functions = Object.entries(module).filter(([, value]) => typeof value === 'function');
  const described = functions.map(([key, value]) => [
    key,
    value.name,
    value.length,
    Reflect.ownKeys(value).map(String).sort().join(),
    /\[native code\]/.test(String(value)),
    String(value).slice(0, 60),
    typeof value.prototype,
  ]);
  print(name, described);
}
print(
  'globals',
  [setTimeout, setInterval, setImmediate, clearTimeout, queueMicrotask, fetch].map((f) => [f.name, f.length]),
);
// Listeners of these events have no effect on the process, and are how Node.js wants it observed.
const OBSERVERS = ['exit', 'uncaughtExceptionMonitor', 'warning'];
print(
  'listeners',
  process
    .eventNames()
    .map(String)
    .filter((name) => !OBSERVERS.includes(name))
    .sort(),
);

// Errors are the same, with the same stacks.
print(
  'readFileSync',
  outcome(() => fs.readFileSync('/nonexistent')),
);
print(
  'openSync',
  outcome(() => fs.openSync(5n)),
);
print(
  'readFile',
  outcome(() => fs.readFile('/nonexistent')),
);
print(
  'connect',
  outcome(() => net.connect({ port: 'x' })),
);
print(
  'lookup',
  outcome(() => dns.lookup(1, 2)),
);
print(
  'setTimeout',
  outcome(() => setTimeout('x')),
);
print(
  'spawnSync',
  outcome(() => childProcess.spawnSync('')),
);
print(
  'request',
  outcome(() => http.get({ host: 7 })),
);

// Calls have the same results.
const [readError] = await call((done) => fs.readFile('/nonexistent', done));
print('callback', [readError.code, readError.syscall, framesOf(readError)]);
print('promise', await readPromised('/nonexistent').catch((error) => [error.code, error.message]));
print('promisify', (await promisify(fs.readFile)('/proc/self/comm', 'utf8')).length);
print('promisify exists', await promisify(fs.exists)('/proc'));
print('promisify lookup', await promisify(dns.lookup)('127.0.0.1'));
print('promisify timeout', await promisify(setTimeout)(1, 'late'));
print('exec', await promisify(childProcess.exec)('echo out; echo err >&2'));
print('spawnSync result', childProcess.spawnSync('sh', ['-c', 'exit 3']).status);
print('execFile', (await call((done) => childProcess.execFile('false', done)))[0].code);
print('zlib', zlib.gunzipSync(zlib.gzipSync('text')).toString());
print('deflate', (await promisify(zlib.deflate)('text')).length);
print('pbkdf2', (await promisify(crypto.pbkdf2)('p', 's', 10, 8, 'sha1')).toString('hex'));
print('randomBytes', (await promisify(crypto.randomBytes)(4)).length);
print(
  'this',
  await call((done) =>
    fs.stat('/proc', function () {
      done(this === undefined);
    }),
  ),
);

const storage = new AsyncLocalStorage();
const order = [];
await storage.run('here', async () => {
  process.nextTick(() => order.push(['tick', storage.getStore()]));
  queueMicrotask(() => order.push(['microtask', storage.getStore()]));
  setImmediate(() => order.push(['immediate', storage.getStore()]));
  const timer = setTimeout((...words) => order.push(['timeout', storage.getStore(), ...words]), 1, 'a', 'b');
  assert.equal(timer.hasRef(), true);
  await call((done) => fs.stat('/proc', () => done(order.push(['stat', storage.getStore()]))));
  await new Promise((resolve) => setTimeout(resolve, 20));
});
print('order', order.map(String).sort());

class Socket extends net.Socket {}
print('subclass', [new Socket() instanceof net.Socket, new Socket().constructor.name]);

const seen = [];
const server = http.createServer((request, response) => {
  seen.push([
    request.url,
    request.listenerCount('close'),
    response.listenerCount('close'),
    response.listenerCount('finish'),
  ]);
  if (request.url === '/throw')
    process.once('uncaughtException', (error) => {
      seen.push([error.message, framesOf(error)]);
      response.end('thrown');
    });
  if (request.url === '/throw') throw new Error('in a handler');
  if (request.url === '/destroy') return request.socket.destroy();
  request.resume().once('end', () => response.setHeader('x', 'y').end(`hello ${request.url}`));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();
const agent = new http.Agent({ keepAlive: true });
const get = (path) =>
  call((done) => {
    const request = http.get({ port, host: '127.0.0.1', path, agent }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (data) => {
          text += data;
        })
        .once('close', () => done(response.statusCode, text));
    });
    request.once('error', (error) => done(error.code, error.message, framesOf(error)));
  });
for (const path of ['/a?b=c', '/throw', '/destroy', '/b']) print(path, await get(path));
print('fetch', await (await fetch(`http://127.0.0.1:${port}/fetched`)).text());
print('fetch refused', await fetch('http://127.0.0.1:1').catch((error) => [error.message, error.cause?.code]));
print('seen', seen);
const socket = net.connect(port, '127.0.0.1');
await new Promise((resolve) => socket.once('connect', resolve));
print(
  'socket',
  socket
    .eventNames()
    .map((event) => [String(event), socket.listenerCount(event)])
    .sort(),
);
socket.destroy();
server.close();
agent.destroy();
server.closeAllConnections();

await Promise.reject(new Error('handled later')).catch((error) => print('rejection', framesOf(error)));
process.on('exit', (code) => print('exit', [code, process.exitCode]));
process.exitCode = 7;
setTimeout(() => {
  throw new Error('uncaught at the end');
}, 5);
