// tests/regression/tools/filtering/gen-ust-events: records `tp:tptest` COUNT times.
import './program-name.mjs';
import { turns } from './pace.mjs';
import { declare, FILTER_FIELDS } from './tptest.mjs';

const [count = '100', pauseUs = '0'] = process.argv.slice(2);
const tptest = declare('tp', 'tptest', FILTER_FIELDS);
for await (const turn of turns(Number(count), Number(pauseUs))) tptest(turn);
