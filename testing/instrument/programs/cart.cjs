// A program without tracepoints: answers each line of its standard input, and adds to a cart all the time.
class Cart {
  items = [];
  add(user, item) {
    if (this.items.length > 3) this.items.length = 0;
    this.items.push({ user, item });
    return this.items.length;
  }
  get touched() {
    return ++Cart.touches;
  }
}
Cart.touches = 0;

const text = String(Cart);
const cart = new Cart();
let last = 0;
setInterval(() => cart.add({ id: ++last, password: 'x' }, 'book'), 2);
process.stdin.on('data', () => console.log(String(Cart) === text ? 'original' : 'edited', Cart.touches));
process.stdin.on('end', () => process.exit());
console.log('ready');
