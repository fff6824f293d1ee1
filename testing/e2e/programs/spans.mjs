// Two orders side by side, each with a payment inside, of which one fails. Prints what the calls have returned.
import { setTimeout as pause } from 'node:timers/promises';
import {
  array,
  bool,
  bytes,
  enumeration,
  filterOnly,
  optional,
  provider,
  seq,
  str,
  struct,
  u8,
  u32,
} from '@ringtail/tracer';

const shop = provider('shop');
const order = shop.span('order', [['customer', str]], { results: [['total', u32]], logLevel: 'info' });
const pay = shop.span('pay', [['amount', u32]], {
  results: [
    ['state', enumeration(u8, { none: 0, paid: 1 })],
    ['list', array(u8, 2)],
    ['names', seq(str)],
    ['key', bytes],
    ['place', struct({ shelf: u8, known: bool })],
    ['note', optional(str)],
    ['internal', filterOnly(str)],
  ],
});
const bare = shop.span('bare', []);

const refused = Object.assign(new Error('card refused'), { code: 'REFUSED' });
const failures = [
  refused,
  new TypeError('no'),
  'too late',
  undefined,
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap');
      },
    },
  ),
];

async function place(customer, amount) {
  const id = order.begin(customer);
  const result = await order.run(id, async () => {
    await pause(1);
    const payment = pay.begin(amount);
    await pause(1);
    if (amount === 0) pay.fail(payment, refused);
    else pay.end(payment, 'paid', [1, 2], ['a'], [7], { shelf: 3, known: true }, 'n', 'x');
    return amount * 2;
  });
  order.end(id, result);
  return [typeof id, result];
}

const placed = await Promise.all([place('Ada', 5), place('Bob', 0)]);
const outside = pay.begin(1);
for (const failure of failures) pay.fail(pay.begin(2), failure);
let thrown;
try {
  order.run(outside, () => {
    throw refused;
  });
} catch (error) {
  thrown = error === refused;
}
bare.end(bare.begin());
process.stdout.write(
  JSON.stringify({ placed, thrown, enabled: [order.enabled, bare.enabled], unrecorded: shop.span('b:"', []).begin() }),
);
