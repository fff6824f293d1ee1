// A small shop over HTTP: POST /orders and GET /stock/SKU. SIGTERM ends it gracefully.
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
import {
  cacheHit,
  cacheMiss,
  orderPlaced,
  payment,
  requestEnd,
  requestStart,
  restocked,
  stockLevel,
} from './tracepoints.mjs';

const SKU_COUNT = 200;
const CACHE_SIZE = 64;
const stock = new Int32Array(SKU_COUNT).fill(40);
const quotes = new Map();
const pricing = new Worker(new URL('./pricing.mjs', import.meta.url));
const waiting = new Map();
let lastTicket = 0;
let lastRequest = 0;
let lastOrder = 1000n;

pricing.on('message', ({ ticket, price }) => {
  waiting.get(ticket)(price);
  waiting.delete(ticket);
});

const server = createServer(async (request, response) => {
  const id = ++lastRequest;
  const begin = performance.now();
  requestStart(id, request.method, request.url);
  const { status, body } = await answer(request, id);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  requestEnd(id, status, performance.now() - begin);
});

async function answer(request, id) {
  const [, kind, number] = request.url.split('/');
  if (request.method === 'GET' && kind === 'stock') {
    const sku = Number(number) % SKU_COUNT;
    return { status: 200, body: { sku, level: readStock(sku) } };
  }
  if (request.method === 'POST' && kind === 'orders') {
    return { status: 201, body: await placeOrder(id, `customer-${id % 97}`) };
  }
  return { status: 404, body: { error: 'not found' } };
}

async function placeOrder(id, customer) {
  // Some baskets are common, so that the price cache is hit.
  const basket = id % 150;
  const items = Array.from({ length: 1 + (basket % 4) }, (_, index) => (basket * 31 + index * 17) % SKU_COUNT);
  const total = await quote(items);
  for (const sku of items) takeFromStock(sku);
  const order = ++lastOrder;
  orderPlaced(order, total, customer, items);
  const declined = id % 50 === 0;
  payment(order, 'authorised', { network: 'visa', last4: id % 0x10000 }, true);
  payment(order, declined ? 'declined' : 'captured', { network: 'visa', last4: id % 0x10000 }, true);
  return { order: String(order), total, paid: !declined };
}

async function quote(items) {
  const key = items.join(',');
  const known = quotes.get(key);
  if (known !== undefined) {
    cacheHit(key, performance.now() - known.at);
    return known.price;
  }
  let evicted = null;
  if (quotes.size >= CACHE_SIZE) {
    evicted = quotes.keys().next().value;
    quotes.delete(evicted);
  }
  cacheMiss(key, evicted);
  const ticket = ++lastTicket;
  const price = await new Promise((resolve) => {
    waiting.set(ticket, resolve);
    pricing.postMessage({ ticket, skus: items });
  });
  quotes.set(key, { price, at: performance.now() });
  return price;
}

function readStock(sku) {
  stockLevel(sku, stock[sku], Math.min(stock[sku], 255));
  return stock[sku];
}

function takeFromStock(sku) {
  if (stock[sku] === 0) {
    stock[sku] += 40;
    restocked(sku, 40);
  }
  stock[sku] -= 1;
  readStock(sku);
}

server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

process.once('SIGTERM', () => {
  server.close(() => pricing.postMessage('close'));
  server.closeIdleConnections();
});
