import { LEFT_OUT, RELAY, TESTS } from './tests.mjs';

/**
 * Entry of `results.json` for a script: the number of checks, of checks that LTTng 2.13.9 passes in the same
 * environment, of checks that Ringtail passed before and passes now, and a reason for each failing check.
 *
 * @typedef {object} Result
 * @property {number} checks
 * @property {number} lttng
 * @property {number} before
 * @property {number} passed
 * @property {readonly { checks: number, reason: string }[]} [differences]
 */

/** @param {Readonly<Record<string, Result>>} results */
export function resultsTable(results) {
  const known = TESTS.flatMap(({ name }) => (results[name] === undefined ? [] : [{ name, ...results[name] }]));
  const sum = (key) => known.reduce((total, result) => total + result[key], 0);
  const rows = known.map(({ name, checks, lttng, before, passed, differences = [] }) => [
    `\`${name}\``,
    checks,
    lttng,
    before,
    passed,
    differences.map(({ checks: count, reason }) => `${count}: ${reason}`).join('; '),
  ]);
  return table(
    ['script', 'checks', 'lttng 2.13.9', 'before', 'passed', 'checks that fail, with the reason'],
    [...rows, ['all', sum('checks'), sum('lttng'), sum('before'), sum('passed'), '']],
  );
}

/** Scripts and parts of scripts that are not run. */
export function leftOutTable() {
  const parts = TESTS.filter(({ leftOut }) => leftOut !== undefined).map(({ name, leftOut, reason = RELAY }) => [
    `\`${name}\`: ${leftOut.map((part) => `\`${part}\``).join(', ')}`,
    reason,
  ]);
  const whole = Object.entries(LEFT_OUT).map(([name, reason]) => [`\`${name}\``, reason]);
  return table(['left out', 'reason'], [...parts, ...whole]);
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
