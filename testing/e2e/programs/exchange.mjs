// Puts links to VICTIM, directories and nothing in the place of each NAME, in turns that SEED decides, until it is
// killed: node exchange.mjs VICTIM SEED NAME...
import { mkdirSync, rmdirSync, symlinkSync, unlinkSync, writeSync } from 'node:fs';

const [victim, seed, ...names] = process.argv.slice(2);
let state = Number(seed);

/** A number below `end`. */
function random(end) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state >>> 8) % end;
}

function attempt(call, ...args) {
  try {
    call(...args);
  } catch {
    // Root has made it, or it is not a link.
  }
}

for (let round = 0; ; round++) {
  const name = names[random(names.length)];
  attempt(unlinkSync, name);
  attempt(rmdirSync, name);
  const kind = random(3);
  if (kind === 0) attempt(symlinkSync, victim, name);
  if (kind === 1) attempt(mkdirSync, name);
  if (round === 1000) writeSync(1, 'ready\n');
}
