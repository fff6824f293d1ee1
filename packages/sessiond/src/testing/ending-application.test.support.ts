/**
 * An application that registers and then ends as it is told, by a line on standard input: `exit CODE`, `goodbye CODE`,
 * `exception CODE TEXT`, `abort`, `raise SIGNAL`, `detach` (its connection ends, and it goes on).
 */
import { createInterface } from 'node:readline';
import { FakeApplication } from './fake-application.test.support.ts';

const application = await FakeApplication.registered(process.argv[2]!, {
  pid: process.pid,
  procname: process.argv[3]!,
});
process.stdout.write('registered\n');

createInterface({ input: process.stdin }).on('line', (line) => {
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
});
