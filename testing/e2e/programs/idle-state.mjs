// Reports that it runs, then stays idle until its standard input ends. `late` on a line loads a provider, `gone`
// removes it.
import { createInterface } from 'node:readline';
import { provider, u32 } from '@ringtail/tracer';

provider('idle').tracepoint('never', [['index', u32]]);
let late;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'late') {
    late = provider('late');
    late.tracepoint('one', [['name', u32]]);
    late.tracepoint('two', []);
  } else if (line === 'gone') late.withdraw();
  console.log(`did ${line}`);
}
