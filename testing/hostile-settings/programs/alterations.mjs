// Alterations of a program's global object: the subject, the change, and the time (before or after the tracer is
// loaded).

const { defineProperty, getOwnPropertyNames, getOwnPropertyDescriptor, getPrototypeOf } = Object;

const names = () => getOwnPropertyNames(globalThis).filter((name) => name !== 'globalThis');
const remove = (name) => delete globalThis[name];

/** Objects whose functions programs and their libraries replace. */
const PATCHED = {
  'array iterators': getPrototypeOf([][Symbol.iterator]()),
  Array: Array.prototype,
  Atomics,
  Buffer,
  DataView: DataView.prototype,
  Error,
  Function: Function.prototype,
  JSON,
  Map: Map.prototype,
  'Map itself': Map,
  Math,
  Number,
  Object,
  Performance: getPrototypeOf(performance),
  'Promise itself': Promise,
  Reflect,
  RegExp: RegExp.prototype,
  Set: Set.prototype,
  String: String.prototype,
  Symbol,
  'typed arrays': getPrototypeOf(Uint8Array.prototype),
  'typed arrays themselves': getPrototypeOf(Uint8Array),
  WeakMap: WeakMap.prototype,
  WeakSet: WeakSet.prototype,
  process,
};

/**
 * Without these, Node.js cannot load some of its own modules, and no module that a bundler has compiled can be loaded.
 */
const LOADING_NEEDS = ['array iterators', 'Function', 'Object'];

/** Replaces every function of the object by one that throws. */
function breakAll(subject) {
  const object = PATCHED[subject];
  for (const key of Reflect.ownKeys(object)) {
    const { configurable, value } = getOwnPropertyDescriptor(object, key);
    if (!configurable || typeof value !== 'function' || key === 'constructor') continue;
    defineProperty(object, key, { value: broken, configurable: true, writable: true });
  }
}

function broken() {
  throw new Error('broken by the program');
}

/** Names of properties of descriptors: if all objects inherit one, every descriptor changes. */
const INHERITED = [
  'get',
  'set',
  'value',
  'writable',
  'enumerable',
  'configurable',
  'name',
  'kind',
  'spec',
  'type',
  'toJSON',
];
const inherit = (name) => {
  defineProperty(Object.prototype, name, { __proto__: null, value: broken, configurable: true, writable: true });
};

export const ALTERATIONS = {
  'deleted before': { subjects: names, alter: remove, isBefore: true },
  'deleted after': { subjects: names, alter: remove, isBefore: false },
  'broken before': {
    subjects: () => Object.keys(PATCHED).filter((subject) => !LOADING_NEEDS.includes(subject)),
    alter: breakAll,
    isBefore: true,
  },
  'broken after': {
    // Sockets of Node.js call functions by `call`.
    subjects: () => Object.keys(PATCHED).filter((subject) => subject !== 'Function'),
    alter: breakAll,
    isBefore: false,
  },
  'inherited before': { subjects: () => INHERITED, alter: inherit, isBefore: true },
  'inherited after': { subjects: () => INHERITED, alter: inherit, isBefore: false },
};
