// A tool that computes: the requests by path in the access log of a server. node log-statistics.mjs ACCESS_LOG
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

function fieldsOf(line) {
  const trimmed = line.replace(/\s+$/, '');
  const [address, method, path, status] = trimmed.split(' ');
  return { address, method, path, status };
}

const counts = new Map();
for await (const line of createInterface({ input: createReadStream(process.argv[2] ?? 'access.log') })) {
  const { path } = fieldsOf(line);
  counts.set(path, (counts.get(path) ?? 0) + 1);
}
for (const [path, count] of [...counts].sort(([, a], [, b]) => b - a).slice(0, 3)) console.log(count, path);
