/**
 * An application that registers and then ends as it is told, by its third argument or a line on standard input: `exit
 * CODE`, `goodbye CODE`, `exception CODE TEXT`, `abort`, `raise SIGNAL`, `detach` (its connection ends, and it goes
 * on).
 */
import { createInterface } from 'node:readline';
import { FakeApplication } from './fake-application.test.support.ts';

const [socketPath = '', procname = '', atOnce] = process.argv.slice(2);
const application = await FakeApplication.registered(socketPath, { pid: process.pid, procname });
process.stdout.write('registered\n');
if (atOnce !== undefined) end(atOnce);
createInterface({ input: process.stdin }).on('line', end);

function end(line: string): void {
  const [command, argument = '', ...rest] = line.split(' ');
  const exitCode = Number(argument);
  switch (command) {
    case 'exit':
      process.exit(exitCode);
      break;
    case 'goodbye':
      application.send({ type: 'goodbye', exitCode, exception: null });
      process.exit(exitCode);
      break;
    case 'exception':
      application.send({ type: 'goodbye', exitCode, exception: rest.join(' ') });
      process.exit(exitCode);
      break;
    case 'abort':
      process.abort();
      break;
    case 'raise':
      process.kill(process.pid, argument);
      break;
    case 'detach':
      application.close();
      break;
  }
}
