// A worker thread that prices baskets. It registers with the tracer on its own and has its own ring.
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { array, f64, provider, seq, u8, u32 } from '@ringtail/tracer';

const pricing = provider('pricing');
const quoteBegin = pricing.tracepoint(
  'quote_begin',
  [
    ['ticket', u32],
    ['skus', seq(u32)],
  ],
  { logLevel: 'debug' },
);
const quoteEnd = pricing.tracepoint(
  'quote_end',
  [
    ['ticket', u32],
    ['price', f64],
    ['seal', array(u8, 8)],
  ],
  { logLevel: 'debug' },
);

parentPort.on('message', (message) => {
  if (message === 'close') {
    parentPort.close();
    return;
  }
  const { ticket, skus } = message;
  quoteBegin(ticket, skus);
  const price = skus.reduce((sum, sku) => sum + 1 + ((sku * 7919) % 5000) / 100, 0);
  const seal = createHash('sha256').update(`${skus}:${price}`).digest();
  quoteEnd(ticket, price, seal);
  parentPort.postMessage({ ticket, price });
});
