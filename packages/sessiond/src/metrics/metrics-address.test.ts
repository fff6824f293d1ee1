import { describe, expect, it } from 'vitest';
import { parseMetricsAddress } from './metrics-address.ts';

describe('the address of the metrics', () => {
  it.each([
    ['9464', { kind: 'tcp', host: '127.0.0.1', port: 9464 }],
    ['0', { kind: 'tcp', host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:9464', { kind: 'tcp', host: '0.0.0.0', port: 9464 }],
    ['metrics.example:65535', { kind: 'tcp', host: 'metrics.example', port: 65_535 }],
    ['[::1]:80', { kind: 'tcp', host: '::1', port: 80 }],
    ['unix:/run/m.sock', { kind: 'unix', path: '/run/m.sock' }],
  ])('%s is understood', (text, address) => expect(parseMetricsAddress(text)).toEqual(address));

  it.each(['', 'host', ':1', '65536', '1:', '::1:80', '-1', 'unix:', '1.5', 'a:b:1'])('%j is refused', (text) => {
    expect(() => parseMetricsAddress(text)).toThrow('--metrics must be');
  });
});
