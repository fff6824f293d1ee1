// tests/regression/ust/overlap/demo: events of three providers, for rules that overlap.
import './program-name.mjs';
import { i32, provider } from '@ringtail/tracer';
import { declare, PLAIN_FIELDS } from './tptest.mjs';

const demo = provider('ust_tests_demo');
const starting = demo.tracepoint('starting', [['value', i32]], { logLevel: 'crit' });
const done = demo.tracepoint('done', [['value', i32]], { logLevel: 'crit' });
const loop = declare('ust_tests_demo2', 'loop', PLAIN_FIELDS, { logLevel: 'warning' });
const done3 = provider('ust_tests_demo3').tracepoint('done', [['value', i32]], { logLevel: 'warning' });

starting(123);
for (let turn = 0; turn < 5; turn += 1) loop(turn);
done(456);
done3(42);
