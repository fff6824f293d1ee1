const tracer = require('@ringtail/tracer');
const run = require('./run.cjs');

console.log(run(tracer, process.env.SETTING));
setTimeout(() => {
  process.exitCode = 7;
}, 20);
