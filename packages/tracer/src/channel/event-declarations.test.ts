import type { AppMessage, AppReply, DeclareMessage } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { Site } from '../recorder/tracepoint-function.ts';
import { EventDeclarations } from './event-declarations.ts';

function site(name: string): Site {
  return { event: { name: `p:${name}`, logLevel: 13, fields: [] }, off: 0, on: -1, record: () => {} };
}

const A = site('a');
const B = site('b');
const REFUSED: AppReply = { type: 'refused', code: 'METADATA_NOT_WRITTEN', message: 'the disk is full' };

const declared = (...ids: number[]): AppReply => ({ type: 'declared', ids });

/** A daemon that answers each declaration with the next of `answers`; undefined for an answer that is late. */
class FakeLink {
  readonly declaredNames: string[][] = [];
  readonly replies: { message: AppReply | undefined }[] = [];
  polls = 0;
  /** Answer to the oldest declaration that lacks one, found by the next poll. */
  inSocket: AppReply | undefined;
  readonly #answers: (AppReply | undefined)[];

  constructor(answers: readonly (AppReply | undefined)[]) {
    this.#answers = [...answers];
  }

  request(message: AppMessage) {
    const { events } = message as DeclareMessage;
    this.declaredNames.push(events.map((event) => (event as { readonly name: string }).name));
    const reply = { message: this.#answers.shift() };
    this.replies.push(reply);
    return reply;
  }

  poll(): boolean {
    this.polls += 1;
    const late = this.replies.find(({ message }) => message === undefined);
    if (late !== undefined) late.message = this.inSocket;
    return true;
  }
}

function setUp(answers: readonly (AppReply | undefined)[]) {
  const link = new FakeLink(answers);
  const clock = { ms: 0 };
  return { link, clock, declarations: new EventDeclarations(link, 1, () => clock.ms) };
}

describe('declarations of events', () => {
  it('name only the events without an identifier', () => {
    const { link, declarations } = setUp([declared(4), declared(5)]);
    declarations.declare([A]);
    declarations.declare([A, B]);
    expect([declarations.idOf(A), declarations.idOf(B)]).toEqual([4, 5]);
    expect(link.declaredNames).toEqual([['p:a'], ['p:b']]);
  });

  it('take the identifiers from an answer that is late, and send nothing meanwhile', () => {
    const { link, clock, declarations } = setUp([undefined]);
    declarations.declare([A]);
    for (clock.ms = 0; clock.ms < 100_000; clock.ms += 1000) {
      expect(declarations.mayGetFurther()).toBe(false);
      declarations.declare([A]);
    }
    expect(link.declaredNames).toHaveLength(1);
    expect(declarations.idOf(A)).toBeUndefined();
    link.inSocket = declared(7);
    expect(declarations.mayGetFurther()).toBe(true);
    declarations.declare([A]);
    expect(declarations.idOf(A)).toBe(7);
    expect(link.declaredNames).toHaveLength(1);
  });

  it('read the socket for a late answer every ten milliseconds, not at every event', () => {
    const { link, clock, declarations } = setUp([undefined]);
    declarations.declare([A]);
    for (clock.ms = 0; clock.ms < 100; clock.ms += 1) declarations.mayGetFurther();
    expect(link.polls).toBe(10);
  });

  it('declare other events once the late answer is there', () => {
    const { link, declarations } = setUp([undefined, declared(9)]);
    declarations.declare([A]);
    declarations.declare([A, B]);
    (link.replies[0] as { message: AppReply }).message = declared(8);
    declarations.declare([A, B]);
    expect([declarations.idOf(A), declarations.idOf(B)]).toEqual([8, 9]);
    expect(link.declaredNames).toEqual([['p:a'], ['p:b']]);
  });

  it('are repeated after a refusal: after a second, then after twice as long, up to 32 seconds', () => {
    const { link, clock, declarations } = setUp(Array.from({ length: 100 }, () => REFUSED));
    const at: number[] = [];
    for (clock.ms = 0; at.length < 9; clock.ms += 500) {
      if (!declarations.mayGetFurther()) continue;
      declarations.declare([A]);
      at.push(clock.ms / 1000);
    }
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 95, 127]);
    expect(link.declaredNames).toHaveLength(at.length);
  });
});
