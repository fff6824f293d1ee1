// The tracepoints of the shop, declared once: the rest of the code only calls them.
import {
  bool,
  enumeration,
  f64,
  hex,
  i32,
  optional,
  provider,
  seq,
  str,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from '@ringtail/tracer';

const shop = provider('shop');

export const requestStart = shop.tracepoint(
  'request_start',
  [
    ['id', u32],
    ['method', str],
    ['url', str],
  ],
  { logLevel: 'info' },
);
export const requestEnd = shop.tracepoint(
  'request_end',
  [
    ['id', u32],
    ['status', u16],
    ['duration_ms', f64],
  ],
  { logLevel: 'info' },
);

export const cacheHit = shop.tracepoint(
  'cache_hit',
  [
    ['key', str],
    ['age_ms', f64],
  ],
  { logLevel: 'debug' },
);
export const cacheMiss = shop.tracepoint(
  'cache_miss',
  [
    ['key', str],
    ['evicted', optional(str)],
  ],
  { logLevel: 'debug' },
);

const stockState = enumeration(u8, { empty: 0, low: [1, 9], fine: [10, 255] });
export const stockLevel = shop.tracepoint(
  'stock_level',
  [
    ['sku', u32],
    ['level', i32],
    ['state', stockState],
  ],
  { logLevel: 'debug_program' },
);
export const restocked = shop.tracepoint(
  'restocked',
  [
    ['sku', u32],
    ['added', u16],
  ],
  { logLevel: 'notice' },
);

export const orderPlaced = shop.tracepoint(
  'order_placed',
  [
    ['id', u64],
    ['total', f64],
    ['customer', str],
    ['items', seq(u32)],
  ],
  { logLevel: 'info' },
);
const paymentState = enumeration(u8, { authorised: 0, captured: 1, declined: [2, 3] });
export const payment = shop.tracepoint(
  'payment',
  [
    ['order', u64],
    ['state', paymentState],
    ['card', struct({ network: text, last4: hex(u16) })],
    ['test', bool],
  ],
  { logLevel: 'info' },
);
