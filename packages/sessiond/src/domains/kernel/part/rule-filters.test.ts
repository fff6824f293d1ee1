import type { EventFormat, KernelEvent } from '@ringtail/kernel';
import { describe, expect, it } from 'vitest';
import { requireFields, wantedEvents } from './rule-filters.ts';

function event(name: string): KernelEvent {
  return { system: 'shop', kernelName: name, name, kind: 'tracepoint', syscall: undefined };
}

const [ORDER, PAY, BROKEN] = [event('order'), event('pay'), event('broken')];
const KNOWN = [ORDER, PAY, BROKEN];
const int = { type: 'int', length: undefined, size: 4, signed: true };

function formatOf({ name }: KernelEvent): EventFormat | undefined {
  if (name === 'broken') return undefined;
  const fields = [{ ...int, name: 'total', offset: 8 }];
  return { name, id: 1, fields: name === 'pay' ? [...fields, { ...int, name: 'card', offset: 12 }] : fields };
}

describe('the events of rules', () => {
  it('are alternatives: an event is recorded if a filter of it holds, or a rule of it has none', () => {
    const rules = [
      { pattern: '*', filter: 'total > 5' },
      { pattern: 'order', filter: 'total < 0' },
      { pattern: 'pay' },
    ];
    expect([...wantedEvents(rules, KNOWN, formatOf)]).toEqual([
      [ORDER, '(total > 5) || (total < 0)'],
      [PAY, null],
    ]);
  });

  it('lack events without a field of the filter', () => {
    expect([...wantedEvents([{ pattern: '*', filter: 'card == 1' }], KNOWN, formatOf)]).toEqual([[PAY, 'card == 1']]);
  });

  it('are refused if no event has the fields', () => {
    requireFields({ pattern: '*', filter: 'card == 1' }, KNOWN, formatOf);
    expect(() => requireFields({ pattern: 'order', filter: 'card == 1' }, KNOWN, formatOf)).toThrowError(
      expect.objectContaining({ code: 'BAD_FILTER' }),
    );
  });
});
