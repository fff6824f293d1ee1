import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause, setImmediate } from 'node:timers/promises';

const WITHOUT_PAUSE = 1000;
const POLL_MS = 10;

/** Whether SIGTERM has arrived; the programs of the suite then end in order. */
let terminated = false;
process.on('SIGTERM', () => {
  terminated = true;
});

/** Turns of a loop with a pause after each, until SIGTERM; without an end if `count` is negative. */
export async function* turns(count, pauseUs) {
  for (let turn = 0; (count < 0 || turn < count) && !terminated; turn += 1) {
    yield turn;
    if (pauseUs > 0) await pause(pauseUs / 1000);
    else if (turn % WITHOUT_PAUSE === WITHOUT_PAUSE - 1) await setImmediate();
  }
}

/** Makes an empty file, which shows the program's progress to the scripts. */
export function touch(path) {
  if (path !== undefined) writeFileSync(path, '');
}

/** Waits until a script has made the file; ends the program if SIGTERM comes first. */
export async function waitFor(path) {
  if (path === undefined) return;
  while (!existsSync(path)) {
    if (terminated) process.exit(1);
    await pause(POLL_MS);
  }
}
