import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** The machine and the date of the measurement, as pairs of label and value. */
export function describeMachine() {
  return [
    ['CPU', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} logical`],
    ['Memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ['Kernel', `${type()} ${release()}, clock source ${clockSource()}`],
    ['Node.js', `${process.version} (V8 ${process.versions.v8})`],
    ['Date', new Date().toISOString().slice(0, 10)],
  ];
}

function clockSource() {
  try {
    return readFileSync('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
