import { readFileSync } from 'node:fs';
import type { Posix } from '@ringtail/posix';
import { describe, expect, it } from 'vitest';
import { CONSUMER_STOP_MS_MAX } from '../consumer/consumer-supervisor.ts';
import { SHUTDOWN_MS_MAX } from '../session-daemon.ts';
import { ServiceManager } from './service-manager.ts';

/** Time to start and to end processes on a busy machine. */
const MARGIN_MS = 20_000;

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

describe('a unit file', () => {
  it.each(['ringtail-sessiond.service', 'ringtail-sessiond.user.service'])(
    '%s waits longer than the daemon and its consumers take at most to end',
    (name) => {
      const unit = readFileSync(new URL(`../../systemd/${name}`, import.meta.url), 'utf8');
      const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
      expect(seconds * 1000).toBeGreaterThanOrEqual(SHUTDOWN_MS_MAX + CONSUMER_STOP_MS_MAX + MARGIN_MS);
      expect(unit).toMatch(/^KillMode=mixed$/m);
    },
  );
});
