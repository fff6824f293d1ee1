import { expect, it } from 'vitest';
import { listeningRunDirectories } from './listening-sockets.ts';

it('run directories of running daemons are those whose socket for applications listens', () => {
  const text = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    '0000000000000000: 00000002 00000000 00010000 0001 01 11 /run/ringtail/app.sock',
    '0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/ringtail/client.sock',
    '0000000000000000: 00000003 00000000 00000000 0001 03 13 /tmp/other/app.sock',
    '0000000000000000: 00000002 00000000 00010000 0005 01 14 /tmp/with space/app.sock',
    '0000000000000000: 00000002 00000000 00010000 0001 01 15 @abstract/app.sock',
    '0000000000000000: 00000003 00000000 00000000 0001 03 16',
    '',
  ].join('\n');
  expect(listeningRunDirectories(text)).toEqual(['/run/ringtail', '/tmp/with space']);
});
