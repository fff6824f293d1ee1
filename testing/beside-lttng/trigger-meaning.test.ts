/**
 * Adds the same triggers to the real lttng and to ringtail. A program of each emits the same events. The test compares
 * notifications and the resulting state of sessions.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireHeader, requirePeer } from '../peers.ts';
import { ACTION_ROWS } from './meaning/action-rows.ts';
import { CONDITION_ROWS } from './meaning/conditions.ts';
import { CAPTURE_ROWS, type EventRow, POLICY_ROWS, RULE_ROWS, SCRIPT } from './meaning/event-rows.ts';
import { failuresIn, listedAfterFailures } from './meaning/listed-trigger.ts';
import { startLttngSide } from './meaning/lttng-side.ts';
import { CELLS, type CellOutcome, createTargets, playMatrix } from './meaning/matrix.ts';
import { MOMENT_ROWS, playMoment } from './meaning/moments.ts';
import { playActions } from './meaning/play-actions.ts';
import { addEventTriggers, expectedOf, playEvents, removeEventTriggers } from './meaning/play-events.ts';
import { startRingtailSide } from './meaning/ringtail-side.ts';
import { type Side, succeed } from './meaning/side.ts';

const JUDGED = 'that triggers mean what those of lttng mean';
const peers = [
  ...(['lttng-sessiond', 'gcc', 'babeltrace2'] as const).map((peer) => requirePeer(peer, JUDGED)),
  ...(['lttng/tracepoint.h', 'lttng/lttng.h'] as const).map((header) => requireHeader(header, JUDGED)),
];

interface OfBoth<Outcome> {
  readonly lttng: Outcome;
  readonly ringtail: Outcome;
}

describe.skipIf(peers.includes(undefined))('a trigger beside lttng', () => {
  let root: string;
  let sides: OfBoth<Side>;
  let started: readonly Side[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'rt-meaning-'));
    chmodSync(root, 0o755);
    const [lttng, ringtail] = await Promise.allSettled([
      startLttngSide(join(root, 'lttng')),
      startRingtailSide(join(root, 'ringtail')),
    ]);
    started = [lttng, ringtail].flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    sides = bothOf(lttng, ringtail);
  });
  afterAll(async () => {
    await Promise.all(started.map((side) => side.end()));
    rmSync(root, { recursive: true, force: true });
  });

  /** Plays with both at once, and to the end even if one of them fails. */
  async function both<Outcome>(play: (side: Side) => Promise<Outcome>): Promise<OfBoth<Outcome>> {
    const [lttng, ringtail] = await Promise.allSettled([play(sides.lttng), play(sides.ringtail)]);
    return bothOf(lttng, ringtail);
  }

  describe('on events', () => {
    const rows = [...RULE_ROWS, ...CAPTURE_ROWS, ...POLICY_ROWS];
    type Told = Awaited<ReturnType<typeof playEvents>>;
    let told: OfBoth<Told>;
    beforeAll(async () => {
      await both((side) => addEventTriggers(side, rows));
      told = await both((side) => playEvents(side, rows));
    });
    afterAll(() => both((side) => removeEventTriggers(side, rows)));

    const tells = (_: string, row: EventRow) => {
      const at = rows.indexOf(row);
      expect.soft(told.lttng[at], 'lttng').toEqual(expectedOf(sides.lttng, row));
      expect.soft(told.ringtail[at], 'ringtail').toEqual(expectedOf(sides.ringtail, row));
    };
    it.each(titled(RULE_ROWS))('matches the events of the rule %s', tells);
    it.each(titled(CAPTURE_ROWS))('captures %s', tells);
    it.each(titled(POLICY_ROWS))('notifies as the rate policy %s requires', tells);

    it('notifies in the same way while a session records the events', async () => {
      const recordAll = [
        'create s -o OUT/s',
        'enable-channel -s s -u c',
        'enable-event -s s -u -c c meaning:*',
        'start s',
      ];
      await both((side) => succeed(side, ...recordAll));
      // Rate policies continue to count.
      const fresh = rows.slice(0, rows.length - POLICY_ROWS.length);
      const again = await both((side) => playEvents(side, fresh));
      const recorded = await both(async (side) => {
        await succeed(side, 'destroy s');
        const text = execFileSync('babeltrace2', [join(side.tool.directory, 's')], { encoding: 'utf8' });
        return text.trim().split('\n').length;
      });
      expect(again.lttng).toEqual(told.lttng.slice(0, fresh.length));
      expect(again.ringtail).toEqual(told.ringtail.slice(0, fresh.length));
      expect(recorded).toEqual({ lttng: SCRIPT.length + 1, ringtail: SCRIPT.length + 1 });
    });
  });

  describe('changes sessions', () => {
    it.each(titled(ACTION_ROWS))('as lttng does: %s', async (_, row) => {
      const expected = { lttng: { ...row.outcome, ...row.lttng }, ringtail: row.outcome };
      const outcome = await both((side) => playActions(side, row, expected[side.name]));
      expect.soft(outcome.lttng, 'lttng').toEqual(expected.lttng);
      expect.soft(outcome.ringtail, 'ringtail').toEqual(expected.ringtail);
    });

    it('and counts the same failures in the listing', async () => {
      const listed = await both(listedAfterFailures);
      expect(failuresIn(listed.lttng)).toEqual(['4', '1', '0']);
      expect(listed.ringtail).toEqual(listed.lttng);
    });
  });

  describe('holds', () => {
    it.each(titled(MOMENT_ROWS))('when the trigger of lttng does: %s', async (_, row) => {
      const outcome = await both((side) => playMoment(side, row));
      expect.soft(outcome.lttng, 'lttng').toEqual(row.outcome);
      expect.soft(outcome.ringtail, 'ringtail').toEqual(row.outcome);
    });
  });

  describe('runs each action', () => {
    beforeAll(() => both(createTargets));
    afterAll(() => both((side) => succeed(side, 'destroy --all')));

    describe.each(titled(CONDITION_ROWS))('on %s', (_, row) => {
      let outcome: OfBoth<readonly CellOutcome[]>;
      beforeAll(async () => {
        outcome = await both((side) => playMatrix(side, row));
      });

      it.each(titled(CELLS))('as its rate policy requires: %s', (_, cell) => {
        const expected: CellOutcome = { steps: cell.due, failures: 0 };
        expect.soft(outcome.lttng[CELLS.indexOf(cell)], 'lttng').toEqual(expected);
        expect.soft(outcome.ringtail[CELLS.indexOf(cell)], 'ringtail').toEqual(expected);
      });
    });
  });
});

/** @throws the reason of the failure */
function bothOf<T>(lttng: PromiseSettledResult<T>, ringtail: PromiseSettledResult<T>): OfBoth<T> {
  if (lttng.status === 'rejected') throw lttng.reason;
  if (ringtail.status === 'rejected') throw ringtail.reason;
  return { lttng: lttng.value, ringtail: ringtail.value };
}

/** Rows with their titles, for names of tests. */
function titled<Row extends { readonly title: string }>(rows: readonly Row[]): (readonly [title: string, row: Row])[] {
  return rows.map((row) => [row.title, row]);
}
