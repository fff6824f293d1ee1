import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expectTypeOf, it } from 'vitest';
import { context } from './context.ts';
import { bool, enumeration, f64, hex, type ListOf, optional, seq, str, struct, u8, u32, u64 } from './fields.ts';
import { provider } from './provider.ts';

const shop = provider('shop');

describe('argument types', () => {
  it('a list of fields gives every argument its own type, in order', () => {
    const event = shop.tracepoint('listed', [
      ['id', u64],
      ['customer', str],
      ['items', seq(u32)],
      ['where', struct({ x: f64, known: bool })],
      ['note', optional(str)],
    ]);
    expectTypeOf(event).parameters.toEqualTypeOf<
      [
        id: number | bigint,
        customer: string,
        items: ListOf<number>,
        where: { readonly x: number; readonly known: boolean },
        note: string | null | undefined,
      ]
    >();
  });

  it('an object of fields fixes the number and the possible types of arguments', () => {
    const event = shop.tracepoint('named', { id: hex(u32), customer: str });
    expectTypeOf(event).parameters.toEqualTypeOf<[string | number, string | number]>();
    // @ts-expect-error one argument is missing
    event(1);
    // @ts-expect-error no field takes a date
    event(1, new Date(0));
  });

  it('an enumeration takes its labels and integers', () => {
    const state = enumeration(u8, { placed: 0, refunded: [2, 3] });
    const event = shop.tracepoint('state', [['state', state]]);
    expectTypeOf(event).parameters.toEqualTypeOf<[number | bigint | 'placed' | 'refunded']>();
  });
});

describe('the sources of contexts', () => {
  it('are stores and callbacks whose values can be recorded', () => {
    const name = new AsyncLocalStorage<string>();
    const request = new AsyncLocalStorage<{ readonly id: number }>();
    context('types', 'name', name);
    context('types', 'id', () => request.getStore()?.id);
    // @ts-expect-error an object is not recorded
    context('types', 'request', request);
    expectTypeOf(context).returns.toBeVoid();
  });
});
