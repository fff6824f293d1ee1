import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

/** Queries go to a server of this program, which answers each with the code for an unknown name. */
const PROGRAM = `
  import { createSocket } from 'node:dgram';
  import dns, { lookup } from 'node:dns';
  import { lookup as lookupPromised } from 'node:dns/promises';
  import { promisify } from 'node:util';
  const answers = createSocket('udp4', (query, { port, address }) => {
    query[2] |= 0x80;
    query[3] = 0x83;
    answers.send(query, port, address);
  });
  await new Promise((resolve) => answers.bind(0, '127.0.0.1', resolve));
  await new Promise((resolve) => lookup('localhost', { family: 4, all: true }, resolve));
  console.log(JSON.stringify(await promisify(lookup)('localhost', 4)), JSON.stringify(await lookupPromised('localhost', 4)));
  const resolver = new dns.promises.Resolver();
  resolver.setServers(['127.0.0.1:' + answers.address().port]);
  await resolver.resolve4('missing.example').catch((error) => console.log(error.code));
  dns.setServers(['127.0.0.1:' + answers.address().port]);
  await new Promise((resolve) => dns.resolveMx('missing.example', resolve));
  try { dns.lookup('localhost', 7, () => undefined); } catch (error) { console.log(error.code); }
  answers.close();`;

describe('lookups', () => {
  it('are recorded with their results, errors and durations, of callbacks and promises', async () => {
    const { events, stdout } = await recorded(PROGRAM);
    expect(stdout.split('\n')).toEqual([
      '{"address":"127.0.0.1","family":4} {"address":"127.0.0.1","family":4}',
      'ENOTFOUND',
      'ERR_INVALID_ARG_VALUE',
      '',
    ]);
    const lookups = fieldsOf(events, 'node_dns:lookup');
    expect(
      lookups.map(({ operation, name, family, results, error }) => [operation, name, family, results, error]),
    ).toEqual([
      ['lookup', 'localhost', '4', '1', ''],
      ['lookup', 'localhost', '4', '1', ''],
      ['lookup', 'localhost', '4', '1', ''],
      ['resolve4', 'missing.example', '0', '0', 'ENOTFOUND'],
      ['resolveMx', 'missing.example', '0', '0', 'ENOTFOUND'],
      ['lookup', 'localhost', '0', '0', 'ERR_INVALID_ARG_VALUE'],
    ]);
    expect(lookups.slice(0, 5).every(({ duration_ns }) => Number(duration_ns) > 0)).toBe(true);
  });
});
