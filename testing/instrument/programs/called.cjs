// A program whose functions are probed. It does what the lines of its standard input say, and answers each.
const { createInterface } = require('node:readline');

class Cart {
  items = [];
  add(item, password) {
    if (item.price < 0) throw new RangeError('negative price');
    this.items.push(item.price);
    return { count: this.items.length, password };
  }
  async pay(amount) {
    await null;
    if (amount === 0) throw new Error('nothing to pay');
    const change = { coins: [amount, { of: 'copper' }], password: 'hidden' };
    return change.coins;
  }
}
const texts = [Cart.prototype.add, Cart.prototype.pay].map(String);
const cart = new Cart();
let error;

const acts = {
  text: () => {
    const isOriginal = [Cart.prototype.add, Cart.prototype.pay].every((one, index) => String(one) === texts[index]);
    return isOriginal ? 'original' : 'edited';
  },
  add: (price) => void cart.add({ price }, 'hidden'),
  /** Where the error was made, and where it came from. */
  fail: () => {
    try {
      cart.add({ price: -1 });
    } catch (thrown) {
      error = thrown;
    }
    return /called.cjs:(\d+:\d+)\)\n/.exec(error.stack)[1].replace(':', '_');
  },
  pay: async (amount) => {
    try {
      return (await cart.pay(amount)).length;
    } catch ({ message }) {
      return message.replaceAll(' ', '_');
    }
  },
  'load-later': () => {
    require('./called-later.cjs');
  },
  later: () => require('./called-later.cjs').calledLater(),
};

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const [act, count] = line.split(' ');
    console.log(`<${line}> ${(await acts[act](Number(count))) ?? 'done'}`);
  })
  .on('close', () => process.exit());
console.log('ready');
