// Freezes the language's objects before it loads the program, as hardened environments do.
const seen = new Set();
const freeze = (value) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
  seen.add(value);
  Object.freeze(value);
  freeze(Object.getPrototypeOf(value));
};
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const { value } = Object.getOwnPropertyDescriptor(globalThis, name);
  // The global object comes last: Node.js makes some globals when they are first read.
  if (value === process || value === console || value === globalThis) continue;
  freeze(value);
  freeze(value?.prototype);
}
Object.freeze(globalThis);
await import('./app.mjs');
