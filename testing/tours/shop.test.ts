/** The README's way from `npm start` to a finding. The suite has built already, so the test leaves the build out. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { codeBlocksOf, commandsOf } from '../documents.ts';
import { makeSandbox, Running } from '../e2e/harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it("the README's commands find the slow requests of the shop, and their cause", async () => {
  const { env } = makeSandbox();
  const run = async (command: string) => {
    const { code, stdout, stderr } = await new Running('sh', ['-c', command], env, ROOT).ended;
    expect([command, code, code === 0 ? '' : stderr]).toEqual([command, 0, '']);
    return { stdout, stderr };
  };
  onTestFinished(() => rmSync(join(ROOT, 'trace-shop'), { recursive: true, force: true }));
  const [build, start] = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts.start.split(' && ');
  expect(build).toBe('npm run --silent build');
  const shop = await run(start);
  expect(shop.stdout).toContain('20000 requests answered');
  expect(shop.stderr).toMatch(/^ringtail: [\d,]+ events in /m);

  const [stats, view, ...others] = commandsOf(codeBlocksOf('README.md', 'From nothing to a finding'));
  expect(others).toEqual([]);
  const slow = (await run(stats as string)).stdout;
  expect(slow).toMatch(/^shop:request_start → shop:request_end, related by id: 20,000 pairs$/m);
  const slowest = [...(slow.split('  slowest\n')[1] ?? '').matchAll(/ id = (\d+),/g)].map(([, id]) => Number(id));
  expect(slowest.length).toBeGreaterThan(0);
  const shown = (await run(view as string)).stdout;
  expect(shown).toContain('shop:cache_miss');
  expect(shown).toContain('pricing:quote_begin');
});
