import { describe, expect, it } from 'vitest';
import { describeProgram } from '../cli.ts';
import { systemContext } from '../program/system-context.ts';
import { RESULTS } from './samples.test.support.ts';
import { violations } from './schema-facts.test.support.ts';
import { writeMi, writeMiFailure } from './write-mi.ts';

const versionOf = (document: string) => /schemaVersion="([^"]*)"/.exec(document)?.[1];

describe('the machine interface', () => {
  it.each(RESULTS.map((result) => [result.command, result] as const))('of %s keeps to the schema', (_, result) => {
    expect(violations(writeMi(result))).toEqual([]);
  });

  it('says whether all was done', () => {
    const [started] = RESULTS.filter(({ command }) => command === 'start');
    expect(writeMi(started!)).toContain('<success>false</success>');
    expect(writeMi(RESULTS[0]!)).toContain('<success>true</success>');
  });

  it('says when a channel gives memory back, and how wide counters are', () => {
    const all = RESULTS.map(writeMi).join('\n');
    expect(all).toMatch(/<reclaim_policy>\s*<consumed *\/>\s*<\/reclaim_policy>/);
    expect(all).toMatch(/<reclaim_policy>\s*<periodic>\s*<age_threshold>5</);
    expect(all).toMatch(/<type>shared<\/type>\s*<effective_value_type>signed-int-64</);
    expect(all).toMatch(/<type>user-per-process<\/type>\s*<effective_value_type>signed-int-32</);
  });

  it('has elements of later schemas than 2.13 only for features that came with them', () => {
    const listOf = (session: object, channel: object): string => {
      const sample = RESULTS.find((result) => result.command === 'list-session');
      if (sample?.command !== 'list-session') throw new Error('no listing among the samples');
      const domains = sample.session.domains.map((domain) => ({
        ...domain,
        maps: [],
        channels: domain.channels.map((one) => ({ ...one, ...channel })),
      }));
      return writeMi({ ...sample, memory: [], session: { ...sample.session, ...session, domains } });
    };
    const later = /<(trace_format|preallocation_policy|reclaim_policy)>[^<]*/g;
    const plain = listOf({ format: 'ctf-1.8' }, { preallocation: 'on-demand', reclaimAfterUs: null });
    expect([plain.match(later), versionOf(plain)]).toEqual([null, '4.1']);
    const modern = listOf({ format: 'ctf-2' }, { preallocation: 'preallocate', reclaimAfterUs: null });
    expect(new Set(modern.match(later))).toEqual(new Set(['<trace_format>CTF_2', '<preallocation_policy>PREALLOCATE']));
    expect(versionOf(modern)).toBe('4.3');
  });

  it.each([
    ['add-map-channel', '4.3'],
    ['export-maps', '4.3'],
    ['reclaim-memory', '4.3'],
    ['show-maps', '4.3'],
    ['list-contexts', '4.1'],
    ['rotate', '4.1'],
    ['start', '4.1'],
  ])('of %s names schema %s', (command, version) => {
    const all = RESULTS.filter((result) => result.command === command);
    expect(all.length).toBeGreaterThan(0);
    for (const result of all) expect(versionOf(writeMi(result))).toBe(version);
  });

  it('of a command that failed has its name and an empty output', async () => {
    const { commands: all } = await describeProgram(systemContext());
    const commands = all.map((command) => command.name());
    for (const command of commands) {
      const document = writeMiFailure(command, command === 'snapshot' ? 'record' : undefined);
      if (document === '') continue;
      expect([command, violations(document)]).toEqual([command, []]);
      expect(document).toContain('<success>false</success>');
    }
    expect(writeMiFailure('status')).toContain('<name>list</name>');
    expect(writeMiFailure('destroy')).toMatch(/<output>\s*<sessions *\/>/);
    expect(writeMiFailure('snapshot', 'del-output')).toMatch(/<name>del-output<\/name>\s*<output *\/>/);
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
