import { describe, expect, it } from 'vitest';
import { EventSpecs } from './event-specs.ts';
import { EVENT_SPECS_LENGTH_MAX } from './limits.ts';

describe('EventSpecs', () => {
  it('keeps equal descriptions once, as far as there is room', () => {
    const specs = new EventSpecs();
    const first = { name: 'a:x' };
    expect(specs.shared('x', first)).toBe(first);
    expect(specs.shared('x', { name: 'a:x' })).toBe(first);
    const large = { name: 'a:y' };
    const text = 'y'.repeat(EVENT_SPECS_LENGTH_MAX);
    expect(specs.shared(text, large)).toBe(large);
    const again = { name: 'a:y' };
    expect(specs.shared(text, again)).toBe(again);
    expect(specs.shared('x', {})).toBe(first);
  });
});
