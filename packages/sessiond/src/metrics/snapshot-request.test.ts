import { describe, expect, it } from 'vitest';
import { alertmanagerBody } from './alertmanager.test.support.ts';
import { BadOrder, snapshotOrder } from './snapshot-request.ts';

const order = (query: string, body = '') => snapshotOrder(new URLSearchParams(query), body);

describe('an order for a snapshot', () => {
  it('says session, name and size', () => {
    expect(order('session=s&name=slow&max-size=2M')).toEqual({
      kind: 'take',
      request: {
        id: 0,
        command: 'record-snapshot',
        params: { session: 's', output: null, name: 'slow', maxBytes: 2 * 1024 * 1024 },
      },
    });
  });

  it('of an alert manager is one while the alert fires, and none when it is resolved', () => {
    expect(order('session=s', alertmanagerBody('firing')).kind).toBe('take');
    expect(order('session=s', alertmanagerBody('resolved'))).toEqual({
      kind: 'leave',
      reason: 'the alert is resolved',
    });
  });

  it.each([
    ['', ''],
    ['session=', ''],
    ['session=../x', ''],
    ['session=s&session=t', ''],
    ['session=s&name=a/b', ''],
    ['session=s&max-size=lots', ''],
    ['session=s&max-size=0', ''],
    ['session=s&max-size=999999999999999G', ''],
    ['session=s&path=/etc', ''],
    ['session=s', '{'],
    ['session=s', '[]'],
    ['session=s', 'null'],
    ['session=s', '{"status":"odd"}'],
  ])('that is wrong (%j, %j) is refused', (query, body) => {
    expect(() => order(query, body)).toThrow(BadOrder);
  });
});
