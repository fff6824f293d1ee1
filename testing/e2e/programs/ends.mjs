// Ends in many ways: node ends.mjs HOW
import { once } from 'node:events';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const inWorker = (message) => new Worker(new URL(import.meta.url), { workerData: message });

if (!isMainThread) throw new Error(workerData);
switch (process.argv[2]) {
  case 'naturally':
    break;
  case 'with-a-code':
    process.exitCode = 3;
    break;
  case 'in-the-middle':
    setInterval(() => {}, 1000);
    (() => process.exit(4))();
    break;
  case 'really':
    process.reallyExit(5);
    break;
  case 'without-listeners':
    process.removeAllListeners();
    process.exit(6);
    break;
  case 'by-abort':
    process.abort();
    break;
  case 'by-exception':
    throw new Error('outer', { cause: new TypeError('inner', { cause: 'innermost' }) });
  case 'by-rejection':
    await null;
    Promise.reject(new Error('rejected'));
    break;
  case 'by-something-thrown':
    throw {
      get message() {
        throw new Error('hostile');
      },
      toString() {
        throw new Error('hostile');
      },
    };
  case 'by-handled-exception':
    process.on('uncaughtException', () => process.exit(7));
    setImmediate(() => {
      throw new Error('handled');
    });
    break;
  case 'after-survived-exception': {
    process.on('uncaughtException', () => {});
    setImmediate(() => {
      throw new Error('survived');
    });
    break;
  }
  case 'by-worker':
    inWorker('in a worker');
    break;
  case 'after-handled-worker': {
    const worker = inWorker('in a handled worker');
    await once(worker, 'error');
    break;
  }
}
