import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSandbox, type Sandbox } from './harness.ts';
import { TerminalWindow } from './terminal.ts';

/** Writes pieces of text to its standard streams, and ends in the wanted way: node writes.mjs END [PIECES] */
const WRITES = `
import { setTimeout as sleep } from 'node:timers/promises';
const [end, count = '9'] = process.argv.slice(2);
const pieces = [
  [1, 'half a line, '], [2, 'its end\\n'], [1, 'x'.repeat(150) + '\\n'], [2, '\\x1b[31mred, '], [1, 'still red\\x1b[m\\n'],
  [1, '漢字'.repeat(30)], [2, '👍\\n'], [1, '\\x1b[44m over\\r'], [2, 'ü\\x1b[m\\n'],
];
for (const [stream, text] of pieces.slice(0, Number(count))) {
  (stream === 1 ? process.stdout : process.stderr).write(text);
  await sleep(300);
}
process.on('SIGINT', () => process.exit(3));
if (end === 'waits') { console.log('waits'); process.stdout.write('a question? '); setInterval(() => {}, 1000); }
else if (end === 'dies') process.kill(process.pid, 'SIGKILL');
else process.stdout.write(JSON.parse(end));
`;

function sandboxWithProgram(): Sandbox {
  const sandbox = makeSandbox();
  writeFileSync(join(sandbox.directory, 'writes.mjs'), WRITES);
  return sandbox;
}

describe('on a terminal, record', () => {
  it.each([80, 120])('changes nothing of the output of a command, at %d columns', async (columns) => {
    const sandbox = sandboxWithProgram();
    const bare = new TerminalWindow(sandbox, `$node writes.mjs '"end\\n"'`, columns);
    const recorded = new TerminalWindow(sandbox, `$ringtail record $node writes.mjs '"end\\n"'`, columns);
    const [expected, lines] = [await bare.ended(), await recorded.ended()];
    expect(expected.length).toBeGreaterThan(6);
    expect(lines.slice(0, expected.length)).toEqual(expected);
    expect(lines[expected.length]).toMatch(/^ringtail: /);
  });

  it.each([
    ['half a line', 'half a line', 1],
    ['exactly a line', 'y'.repeat(80), 1],
    ['wide characters', '漢字'.repeat(30), 2],
    ['colours', '\u001b[31;44mred', 1],
    ['a whole line', 'end\n', 1],
  ])('begins its summary on a line of its own after %s', async (_, last, lineCount) => {
    const sandbox = sandboxWithProgram();
    const window = new TerminalWindow(sandbox, `$ringtail record $node writes.mjs '${JSON.stringify(last)}' 0`, 80);
    const lines = await window.ended();
    expect(lines.findIndex((line) => line.startsWith('ringtail: '))).toBe(lineCount);
    expect(await window.isPlain(lineCount)).toBe(true);
  });

  it('begins its summary on a line of its own after Ctrl-C, in a window that was made smaller', async () => {
    const sandbox = sandboxWithProgram();
    const window = new TerminalWindow(sandbox, '$ringtail record $node writes.mjs waits 0', 120);
    await window.shows(/^a question\?/);
    window.resize(80);
    window.type('\u0003');
    const [, question, summary] = await window.ended();
    expect(question).toBe('a question? ^C');
    expect(summary).toMatch(/^ringtail: /);
  });

  it('stops and goes on with its command, and knows the width of a window that was changed meanwhile', async () => {
    const sandbox = sandboxWithProgram();
    const window = new TerminalWindow(sandbox, "PS1='$ ' bash --norc --noprofile -i", 80);
    await window.shows(/^\$/);
    window.type('$ringtail record $node writes.mjs waits 0\n');
    await window.shows(/^a question\?/);
    window.type('\u001a');
    await window.shows(/Stopped/);
    window.resize(120);
    window.type('fg\n');
    await window.shows(/^\$ fg/);
    window.type('\u0003');
    await window.shows(/^ringtail: /);
    window.type('exit\n');
    const lines = await window.ended();
    const summary = lines.findIndex((line) => line.startsWith('ringtail: '));
    expect(lines[summary - 1]).toBe('^C');
    expect(lines[summary + 1]).toMatch(/^ {2}\S/);
  });
});

it('on a terminal, guard reports a crash on a line of its own', async () => {
  const sandbox = sandboxWithProgram();
  const window = new TerminalWindow(sandbox, '$ringtail guard $node writes.mjs dies 1', 80);
  const [half, report] = await window.ended();
  expect(half).toBe('half a line,');
  expect(report).toMatch(/^ringtail: /);
});
