import v8 from 'node:v8';
import { loadPosix, type Posix } from '@ringtail/posix';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ControlFile } from '../control/control-file.ts';
import { markHeapLimit } from './heap-limit.ts';

const { posix } = loadPosix() as { posix: Posix };
const { getHeapStatistics } = v8;

function setUp() {
  // Each test has a function without the mark of another one.
  v8.getHeapStatistics = () => getHeapStatistics();
  const posted: number[] = [];
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  const watched: Posix = { ...posix, postAtHeapLimit: (address) => posted.push(address) > 0 };
  return { control, posted, mark: () => markHeapLimit(watched, control) };
}

afterEach(() => {
  v8.getHeapStatistics = getHeapStatistics;
  vi.unstubAllEnvs();
});

describe('markHeapLimit', () => {
  it('asks V8 once, however many copies of the tracer there are: V8 ends a process that asks twice', () => {
    const { control, posted, mark } = setUp();
    mark();
    mark();
    expect(posted).toEqual([control.heapLimitAddress]);
  });

  it('does not ask where the mark of the first copy cannot be kept', () => {
    const { posted, mark } = setUp();
    Object.freeze(v8.getHeapStatistics);
    mark();
    expect(posted).toEqual([]);
  });

  it.each([
    '--heapsnapshot-near-heap-limit=2',
    '--heapsnapshot_near_heap_limit=2',
    '--experimental-default-config-file',
  ])('leaves V8 to Node.js under %s', (option) => {
    const { posted, mark } = setUp();
    vi.stubEnv('NODE_OPTIONS', `--no-warnings ${option}`);
    mark();
    expect(posted).toEqual([]);
  });
});
