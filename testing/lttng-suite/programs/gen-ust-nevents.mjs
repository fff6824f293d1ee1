// tests/utils/testapp/gen-ust-nevents: records five events ITER times.
import './program-name.mjs';
import { parseArgs } from 'node:util';
import { touch, turns, waitFor } from './pace.mjs';
import { declare, PLAIN_FIELDS } from './tptest.mjs';

const { values: options } = parseArgs({
  options: {
    iter: { type: 'string', short: 'i', default: '100' },
    wait: { type: 'string', short: 'w', default: '0' },
    'create-in-main': { type: 'string', short: 'm' },
    'wait-before-first-event': { type: 'string', short: 'b' },
  },
});
const events = [1, 2, 3, 4, 5].map((n) => declare('tp', `tptest${n}`, PLAIN_FIELDS));

touch(options['create-in-main']);
await waitFor(options['wait-before-first-event']);
for await (const turn of turns(Number(options.iter), Number(options.wait))) {
  for (const record of events) record(turn);
}
