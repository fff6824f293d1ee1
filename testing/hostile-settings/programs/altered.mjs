// Runs the program in workers, each with an alteration of its global object: node altered.mjs ALTERATION
// (one of alterations.mjs). Prints a line for each.
import { Worker } from 'node:worker_threads';
import { ALTERATIONS } from './alterations.mjs';

const AT_A_TIME = 4;
const [alteration] = process.argv.slice(2);
const subjects = ALTERATIONS[alteration].subjects();
const lines = [];
const next = async () => {
  for (let at = lines.length; at < subjects.length; at = lines.length) {
    lines.push('');
    lines[at] = `${subjects[at]}: ${await outcome(subjects[at])}`;
  }
};
await Promise.all(Array.from({ length: AT_A_TIME }, next));
console.log(lines.join('\n'));

function outcome(subject) {
  const setting = `${process.env.SETTING}: ${subject}`;
  const worker = new Worker(new URL('altered-worker.mjs', import.meta.url), {
    workerData: { alteration, subject, setting },
  });
  return new Promise((resolve) => {
    let said = '';
    worker.on('message', (text) => {
      said += text;
    });
    worker.on('error', (error) => resolve(`${said} error ${String(error?.message).split('\n')[0]}`));
    worker.on('exit', (code) => resolve(`${said} exit ${code}`));
  });
}
