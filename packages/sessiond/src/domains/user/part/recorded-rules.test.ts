import { compileFilter, type EventMessage, parseFilter } from '@ringtail/ctf';
import { type EventRule, ruleMatches } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { recordedRule } from './recorded-rules.ts';

/** Whether a thread records an event of this logger by a rule of the domain of the console. */
function records(rule: EventRule, logger: string, level = 6, message = ''): boolean {
  const recorded = recordedRule('console', rule);
  const { filter } = recorded;
  const passes = filter === undefined ? () => true : compileFilter(parseFilter(filter));
  const event = { payload: { logger, message } } as unknown as EventMessage;
  return ruleMatches(recorded, 'node_console:info', level) && passes(event);
}

describe('a rule of a domain of loggers', () => {
  it('names loggers, with stars for any characters', () => {
    expect(records({ pattern: '*' }, 'any')).toBe(true);
    expect(records({ pattern: 'shop.*' }, 'shop.cart')).toBe(true);
    expect(records({ pattern: 'shop.*' }, 'stock.cart')).toBe(false);
    for (const name of ['quo"ted', 'back\\slash', 'both\\"', "it's", 'ünï', 'end\\']) {
      expect([name, records({ pattern: name }, name)]).toEqual([name, true]);
      expect([name, records({ pattern: name }, `${name}.`)]).toEqual([name, false]);
    }
    expect(records({ pattern: 'a\\*' }, 'a*')).toBe(true);
    expect(records({ pattern: 'a\\*' }, 'ab')).toBe(false);
  });

  it('has the log levels, exclusions and filter of the rule', () => {
    expect(records({ pattern: '*', logLevel: { from: 0, to: 4 } }, 'a', 4)).toBe(true);
    expect(records({ pattern: '*', logLevel: { from: 0, to: 4 } }, 'a', 6)).toBe(false);
    const rule = { pattern: 's*', exclude: ['shop.*'], filter: 'message == "x" || message == "y"' };
    expect(records(rule, 'stock', 6, 'y')).toBe(true);
    expect(records(rule, 'stock', 6, 'z')).toBe(false);
    expect(records(rule, 'shop.cart', 6, 'y')).toBe(false);
    expect(records(rule, 'other', 6, 'y')).toBe(false);
  });

  it('records no events of other providers', () => {
    const recorded = recordedRule('console', { pattern: '*' });
    expect(ruleMatches(recorded, 'shop:order', 6)).toBe(false);
  });
});
