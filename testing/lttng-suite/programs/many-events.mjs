// tests/regression/ust/high-throughput/gen-events: a million events as fast as they come.
import './program-name.mjs';
import { declare, PLAIN_FIELDS } from './tptest.mjs';

const tptest = declare('tp', 'tptest', PLAIN_FIELDS);
for (let turn = 0; turn < 1_000_000; turn += 1) tptest(turn);
