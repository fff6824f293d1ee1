// A program's use of the tracer. It returns the same without the tracer.
module.exports = function run(tracer, setting) {
  const { context, enumeration, provider, seq, str, tracef, tracelog, u8, u32 } = tracer;
  const own = provider('hostile');
  context('hostile', 'setting', () => setting);
  const tick = own.tracepoint('tick', [
    ['setting', str],
    ['n', u32],
    ['list', seq(u32)],
    ['state', enumeration(u8, { off: 0, on: 1 })],
  ]);
  const results = [];
  for (let n = 0; n < 3; n++) results.push(typeof tick(setting, n, [n, n], 'on'));
  results.push(typeof tracef('got %d', 1), typeof tracelog('info', 'got %d', 2));
  results.push(typeof own.tracepoint('not\na name', [['n', u32]])(1), typeof own.tracepoint('no_fields', null)(1));
  return results.join(' ');
};
