import { expect, it } from 'vitest';
import { styleFor } from '../output/style.ts';
import { describeInstrumentation } from './describe-tracepoints.ts';

const PLAIN = styleFor({ isTTY: false }, {});

function textFor(runtime: string, names: readonly string[]): string {
  const tracepoints = names.map((name) => ({ name, logLevel: 6, fields: [] }));
  const application = { pid: 7, tid: 7, uid: 0, procname: 'node', program: 'app.js', mainThread: true, troubles: [] };
  const applications = [{ ...application, runtime, tracepoints }];
  return describeInstrumentation(PLAIN, { domain: 'user', applications, events: [] }, false);
}

it('the list of a program says what its version of Node.js cannot show, of the events that the program has', () => {
  const names = ['node_http:server_request_begin', 'node_http2:server_request_begin', 'node_module:import'];
  expect(textFor('Node.js 20.20.2', names)).toContain(
    '      not seen: node_http2:* (from Node.js 22 on)\n      not seen: node_module:* (from Node.js 22 on)\n',
  );
  for (const runtime of ['Node.js 22.1.0', 'Node.js 26.0.0', 'unknown']) {
    expect(textFor(runtime, names)).not.toContain('not seen');
  }
  expect(textFor('Node.js 20.20.2', ['shop:order'])).not.toContain('not seen');
});
