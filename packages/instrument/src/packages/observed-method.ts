const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Calls `act` before the next call of one of an object's methods. From then on, the object is as it was.
 *
 * @param act its errors stay out of the program
 * @returns a function that no longer waits for the call
 */
export function beforeNextCall(
  object: object,
  names: readonly string[],
  act: (name: string, args: readonly unknown[], self: unknown) => void,
): () => void {
  const restores: (() => void)[] = [];
  const restoreAll = () => {
    for (const restore of restores.splice(0)) restore();
  };
  for (const name of names) {
    const original = (object as Readonly<Record<string, unknown>>)[name];
    if (typeof original !== 'function') continue;
    const property = getOwnPropertyDescriptor(object, name);
    const observed: Method = function (...args) {
      restoreAll();
      try {
        act(name, args, this);
      } catch {
        // The method follows in any case.
      }
      return apply(original, this, args);
    };
    const isDefined = defineProperty(object, name, {
      enumerable: false,
      configurable: true,
      writable: true,
      ...property,
      value: observed,
    });
    if (!isDefined) continue;
    restores.push(() => {
      if (getOwnPropertyDescriptor(object, name)?.value !== observed) return;
      if (property === undefined) deleteProperty(object, name);
      else defineProperty(object, name, property);
    });
  }
  return restoreAll;
}
