import { describe, expect, it } from 'vitest';
import { fieldsOf, type RuntimeEvent, recorded } from './recorded.ts';

const PROGRAM = `
  import * as crypto from 'node:crypto';
  import { promisify } from 'node:util';
  import * as zlib from 'node:zlib';
  const text = 'a'.repeat(10_000);
  const packed = await promisify(zlib.gzip)(text);
  zlib.gunzipSync(packed);
  await promisify(zlib.inflate)('wrong').catch((error) => console.log(error.code));
  await promisify(crypto.pbkdf2)('secret', 'salt', 1, 16, 'sha1');
  crypto.randomBytes(8);
  await promisify(crypto.randomBytes)(9);
  try { crypto.scryptSync('secret', 'salt', 16, { N: 3 }); } catch (error) { console.log(error.code); }
  console.log(packed.length);`;

const described = (events: readonly RuntimeEvent[], name: string) =>
  fieldsOf(events, name).map(({ operation, form, bytes_in, bytes_out, error }) => [
    operation,
    form,
    Number(bytes_in),
    Number(bytes_out),
    error,
  ]);

describe('work of the thread pool', () => {
  it('is recorded with its sizes, errors and duration', async () => {
    const { events, stdout } = await recorded(PROGRAM, ['-u', 'node_zlib:operation', '-u', 'node_crypto:operation']);
    const [inflateCode, scryptCode = '', packed] = stdout.split('\n');
    expect(inflateCode).toBe('Z_DATA_ERROR');
    expect(described(events, 'node_zlib:operation')).toEqual([
      ['gzip', 'callback', 10_000, Number(packed), ''],
      ['gunzipSync', 'sync', Number(packed), 10_000, ''],
      ['inflate', 'callback', 5, 0, 'Z_DATA_ERROR'],
    ]);
    expect(described(events, 'node_crypto:operation')).toEqual([
      ['pbkdf2', 'callback', 0, 16, ''],
      ['randomBytes', 'sync', 0, 8, ''],
      ['randomBytes', 'callback', 0, 9, ''],
      ['scryptSync', 'sync', 0, 0, scryptCode],
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });
});
