import type { Posix } from '@ringtail/posix';
import { describe, expect, it } from 'vitest';
import { ServiceManager } from './service-manager.ts';

function manager(address: string | undefined, fails = false) {
  const sent: [string, string][] = [];
  const warnings: string[] = [];
  const sendDatagram = (to: string, bytes: Uint8Array) => {
    if (fails) throw new Error('nobody listens');
    sent.push([to, Buffer.from(bytes).toString()]);
  };
  const log = { error: () => {}, warn: (text: string) => void warnings.push(text), info: () => {}, debug: () => {} };
  return { sent, warnings, manager: new ServiceManager({ sendDatagram } as unknown as Posix, address, log) };
}

describe('ServiceManager', () => {
  it('tells of the beginning and the end, each in one datagram', () => {
    const { sent, manager: told } = manager('@notify');
    told.ready('serving /run');
    told.stopping('ending: two\nlines');
    expect(sent).toEqual([
      ['@notify', 'READY=1\nSTATUS=serving /run'],
      ['@notify', 'STOPPING=1\nSTATUS=ending: two lines'],
    ]);
  });

  it('says nothing where there is no manager', () => {
    const { sent, manager: told } = manager(undefined);
    told.ready('x');
    expect(sent).toEqual([]);
  });

  it('survives one that does not listen', () => {
    const { warnings, manager: told } = manager('/gone', true);
    told.ready('x');
    expect(warnings.join()).toContain('nobody listens');
  });
});
