import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expectTypeOf, it } from 'vitest';
import { context } from './context.ts';
import { bool, enumeration, f64, hex, type ListOf, optional, seq, str, struct, u8, u32, u64 } from './fields.ts';
import { provider } from './provider.ts';
import type { SpanId } from './span.ts';
import type { Argument } from './tracepoint.ts';

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
        Argument<'id', number | bigint>,
        Argument<'customer', string>,
        Argument<'items', ListOf<number>>,
        Argument<'where', { readonly x: number; readonly known: boolean }>,
        Argument<'note', string | null | undefined>,
      ]
    >();
  });

  it('an argument is exactly a value of its field', () => {
    expectTypeOf<string>().toExtend<Argument<'id', string>>();
    expectTypeOf<number>().not.toExtend<Argument<'id', string>>();
    expectTypeOf<object>().not.toExtend<Argument<'id', string>>();
    expectTypeOf<undefined>().not.toExtend<Argument<'id', string>>();
  });

  it('an object of fields, which has no order, is refused', () => {
    // @ts-expect-error not a list
    shop.tracepoint('named', { id: hex(u32), customer: str });
  });

  it('a list that was made elsewhere keeps the number of arguments only if it is constant', () => {
    const fields = [['id', u64]] as const;
    expectTypeOf(shop.tracepoint('made', fields)).parameters.toEqualTypeOf<[Argument<'id', number | bigint>]>();
  });

  it('an enumeration takes its labels and integers', () => {
    const state = enumeration(u8, { placed: 0, refunded: [2, 3] });
    const event = shop.tracepoint('state', [['state', state]]);
    expectTypeOf(event).parameters.toEqualTypeOf<[Argument<'state', number | bigint | 'placed' | 'refunded'>]>();
  });
});

describe('spans', () => {
  it('have the types of their fields and results, and an identifier that no number is', () => {
    const order = shop.span('order', [['customer', str]], { results: [['total', u32]] });
    expectTypeOf(order.begin).parameters.toEqualTypeOf<[Argument<'customer', string>]>();
    expectTypeOf(order.begin).returns.toEqualTypeOf<SpanId>();
    expectTypeOf(order.end).parameters.toEqualTypeOf<[SpanId, Argument<'total', number>]>();
    expectTypeOf(order.fail).parameters.toEqualTypeOf<[SpanId, unknown]>();
    expectTypeOf<number>().not.toExtend<SpanId>();
    expectTypeOf(shop.span('bare', []).end).parameters.toEqualTypeOf<[SpanId]>();
    expectTypeOf(order.run(order.begin('Ada'), () => Promise.resolve(7))).toEqualTypeOf<Promise<number>>();
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
