// tests/utils/testapp/gen-ust-tracef: records a formatted message COUNT times.
import './program-name.mjs';
import { tracef } from '@ringtail/tracer';
import { touch, turns } from './pace.mjs';

const [count = '100', pauseUs = '0', afterFirst] = process.argv.slice(2);
for await (const turn of turns(Number(count), Number(pauseUs))) {
  tracef('Test message %d with string "%s"', turn, 'test string');
  if (turn === 0) touch(afterFirst);
}
