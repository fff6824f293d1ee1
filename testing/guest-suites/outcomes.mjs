/** Outcomes of tests by name, and the tests whose outcomes differ between runs. */

/** Sums are in this order. */
export const OUTCOMES = ['passed', 'failed', 'skipped'];

/**
 * Reads results in the Test Anything Protocol, as mocha, ava and node:test print them. Names of tests within tests
 * begin with the names of these. Tests of the same name have their outcomes in one list.
 *
 * @param {string} text
 * @returns {Map<string, string[]>}
 */
export function readOutcomes(text) {
  const outcomes = new Map();
  const parents = [];
  /** Whether the line belongs to the details of a result. */
  let isDetail = false;
  for (const line of text.split('\n')) {
    if (/^ *(---|\.\.\.)$/.test(line)) isDetail = line.endsWith('---');
    if (isDetail) continue;
    const subtest = /^( *)# Subtest: (.*)$/.exec(line);
    if (subtest !== null) parents.splice(subtest[1].length / 4, Number.POSITIVE_INFINITY, subtest[2]);
    const result = /^( *)(not )?ok \d+(?: -)? ?(.*?)(?: # (SKIP|TODO)\b.*)?$/i.exec(line);
    if (result === null) continue;
    const [, indentation, not, name, directive] = result;
    const path = [...parents.slice(0, indentation.length / 4), name].join(' > ');
    const outcome = directive === undefined ? (not === undefined ? 'passed' : 'failed') : 'skipped';
    outcomes.set(path, [...(outcomes.get(path) ?? []), outcome]);
  }
  return outcomes;
}

/** Numbers of tests by outcome. */
export function sumsOf(outcomes) {
  const all = [...outcomes.values()].flat();
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, all.filter((one) => one === outcome).length]));
}

/**
 * The tests that had an outcome in a recorded run that they had in no run without. A test that sometimes fails without
 * may fail recorded, too.
 *
 * @param {readonly Map<string, string[]>[]} alone outcomes of each run
 * @param {readonly Map<string, string[]>[]} recorded
 * @returns name, and the outcomes of each run
 */
export function changedTests(alone, recorded) {
  const names = new Set([...alone, ...recorded].flatMap((outcomes) => [...outcomes.keys()]));
  const ofRuns = (runs, name) => runs.map((outcomes) => (outcomes.get(name) ?? ['absent']).toSorted().join('+'));
  return [...names]
    .map((name) => ({ name, alone: ofRuns(alone, name), recorded: ofRuns(recorded, name) }))
    .filter((test) => test.recorded.some((outcome) => !test.alone.includes(outcome)));
}
