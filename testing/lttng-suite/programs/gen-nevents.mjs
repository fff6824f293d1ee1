// tests/regression/ust/multi-session/gen-nevents: four events for as many sessions.
import './program-name.mjs';
import { i32, i64, provider } from '@ringtail/tracer';

const [count = '100'] = process.argv.slice(2);
const group = provider('ust_gen_nevents');
const events = [0, 1, 2, 3].map((n) =>
  group.tracepoint(`tptest${n}`, [
    ['intfield', i32],
    ['longfield', i64],
  ]),
);
for (let i = 0; i < Number(count); i += 1) for (const record of events) record(i, 42);
