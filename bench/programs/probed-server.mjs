// An HTTP server whose function `step` is called at a rate (`/?rate=1000`, calls a second), and whose calls are timed
// (`/cost?calls=100`). Prints its port and the line of the probe, and ends when standard input does.
import { createServer } from 'node:http';
import { printJson } from './loops.mjs';

const LINE = 9;
let total = 0;
function step(index) {
  total = (total + index) % 1000;
  return total;
}
const original = String(step);

let calls = 0;
let rate = 0;
let sinceNs = 0n;

/** Makes the calls that are due. */
function callAt(wanted) {
  const nowNs = process.hrtime.bigint();
  if (wanted !== rate) [rate, sinceNs, calls] = [wanted, nowNs, 0];
  const due = Math.floor((Number(nowNs - sinceNs) / 1e9) * rate);
  for (; calls < due; calls++) step(calls);
}

function nsPerCall(count) {
  const begin = process.hrtime.bigint();
  for (let index = 0; index < count; index++) step(index);
  return Number(process.hrtime.bigint() - begin) / count;
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const answer = () => {
    // Without requests, no calls are due.
    if (pathname !== '/') rate = 0;
    if (pathname === '/cost') return { ns: nsPerCall(Number(searchParams.get('calls'))) };
    if (pathname === '/text') return { isOriginal: String(step) === original };
    callAt(Number(searchParams.get('rate')));
    return { calls };
  };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer()));
});
server.listen(0, '127.0.0.1', () => printJson({ port: server.address().port, line: LINE }));
process.stdin.resume();
process.stdin.once('end', () => process.exit());
