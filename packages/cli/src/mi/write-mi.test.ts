import { describe, expect, it } from 'vitest';
import { RESULTS } from './samples.test.support.ts';
import { violations } from './schema-facts.test.support.ts';
import { writeMi, writeMiFailure } from './write-mi.ts';

describe('the machine interface', () => {
  it.each(RESULTS.map((result) => [result.command, result] as const))('of %s keeps to the schema', (_, result) => {
    expect(violations(writeMi(result))).toEqual([]);
  });

  it('says whether all was done', () => {
    const [started] = RESULTS.filter(({ command }) => command === 'start');
    expect(writeMi(started!)).toContain('<success>false</success>');
    expect(writeMi(RESULTS[0]!)).toContain('<success>true</success>');
  });

  it('of a command that failed has its name and nothing else', () => {
    expect(violations(writeMiFailure('create'))).toEqual([]);
    expect(writeMiFailure('create')).toContain('<success>false</success>');
  });

  it('is judged by a checker that knows bad documents', () => {
    const good = writeMi(RESULTS.find(({ command }) => command === 'rotate')!);
    expect(violations(good.replace('COMPLETED', 'DONE'))).toEqual([
      'command › output › rotation › state: "DONE" is no rotation-state',
    ]);
    expect(violations(good.replaceAll('state>', 'phase>'))).toEqual([
      'command › output › rotation: lacks state',
      'command › output › rotation: session_name, phase, location are out of order',
      'command › output › rotation: has phase, which the schema does not know',
    ]);
    expect(violations(good.replace('</command>', ''))).not.toEqual([]);
  });
});
