import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { suggest } from './suggest.ts';

function program(): Command {
  const ringtail = new Command('ringtail').option('-v, --verbose').option('-g, --group <group>');
  ringtail
    .command('enable-event')
    .argument('[names]')
    .option('-s, --session <session>')
    .option('-c, --channel <channel>')
    .option('-u, --userspace')
    .addOption(new Option('--clock <clock>').choices(['monotonic', 'tsc']));
  ringtail.command('start').argument('[session]');
  ringtail.command('add-context').option('-t, --type <type>');
  const snapshot = ringtail.command('snapshot');
  snapshot.command('record').argument('[url]');
  snapshot.command('list-output');
  ringtail.command('__complete', { hidden: true });
  ringtail.command('help').argument('[command]');
  ringtail.command('create').argument('[session]');
  ringtail.command('disable-event').argument('[names]');
  ringtail.command('traces').argument('[names...]').option('--remove');
  return ringtail;
}

const words = (...line: string[]) => suggest(program(), line).words;
const live = (...line: string[]) => {
  const { live: kind, prefix, part } = suggest(program(), line);
  return [kind, prefix, part];
};

describe('completion', () => {
  it('suggests commands, but none of its own, and the actions of a command', () => {
    expect(words('')).toEqual([
      'add-context',
      'create',
      'disable-event',
      'enable-event',
      'help',
      'snapshot',
      'start',
      'traces',
    ]);
    expect(words('help', 's')).toEqual(['snapshot', 'start']);
    expect(words('st')).toEqual(['start']);
    expect(words('-v', '-g', 'start', 'sn')).toEqual(['snapshot']);
    expect(words('snapshot', '')).toEqual(['list-output', 'record']);
  });

  it('suggests options and their choices', () => {
    expect(words('enable-event', '--c')).toEqual(['--channel', '--clock']);
    expect(words('enable-event', '--clock', 't')).toEqual(['tsc']);
    expect(words('enable-event', '--clock=m')).toEqual(['--clock=monotonic']);
    expect(words('enable-event', '-')).toContain('--help');
  });

  it('knows what to ask the daemon for', () => {
    expect(live('start', 'my')).toEqual(['session', '', 'my']);
    expect(live('enable-event', '-u', 'shop:')).toEqual(['event', '', 'shop:']);
    expect(live('disable-event', 'a,b')).toEqual(['rule', 'a,', 'b']);
    expect(live('enable-event', '-s', '')).toEqual(['session', '', '']);
    expect(live('enable-event', '--session=m')).toEqual(['session', '--session=', 'm']);
    expect(live('enable-event', '-u', '-c', 'x', 'a,b')).toEqual(['event', 'a,', 'b']);
    expect(live('traces', '--remove', 'a')).toEqual(['trace', '', 'a']);
    expect(live('add-context', '-t', 'vpid,cp')).toEqual(['context', 'vpid,', 'cp']);
  });

  it('has nothing to say of what is no word of ours', () => {
    for (const line of [
      ['snapshot', 'record', 'x'],
      ['enable-event', '--nope=1'],
      ['start', '--', 'a'],
      ['create', 'a'],
    ]) {
      expect(suggest(program(), line)).toMatchObject({ words: [], live: undefined });
    }
  });
});
