// An HTTP server with two events a request or, with `untraced`, the same server without a tracer. Prints its port, and
// ends when standard input does.
import { createServer } from 'node:http';
import { printJson } from './loops.mjs';

async function tracepoints() {
  const { f64, provider, str, u16, u32 } = await import('@ringtail/tracer');
  const bench = provider('bench');
  return {
    begin: bench.tracepoint('request_begin', [
      ['request', u32],
      ['method', str],
      ['url', str],
    ]),
    end: bench.tracepoint('request_end', [
      ['request', u32],
      ['status', u16],
      ['seconds', f64],
    ]),
  };
}

const traced = process.argv[2] === 'traced';
const { begin, end } = traced ? await tracepoints() : { begin: undefined, end: undefined };
let requests = 0;

const server = createServer((request, response) => {
  const id = ++requests;
  if (traced) begin(id, request.method, request.url);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id, url: request.url, items: [1, 2, 3] }));
  // Both variants read this value, so the difference between them is the cost of recording alone.
  const seconds = process.uptime();
  if (traced) end(id, response.statusCode, seconds);
});
server.listen(0, '127.0.0.1', () => printJson({ port: server.address().port }));
process.stdin.resume();
process.stdin.once('end', () => process.exit());
