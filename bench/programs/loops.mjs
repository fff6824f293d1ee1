// Shared by the programs under test.

/** Strings of 16 characters, flat in memory like strings from a socket. */
export const STRINGS = Array.from({ length: 64 }, (_, i) => Buffer.from(`customer-${1000000 + i}`).toString('latin1'));

/**
 * Nanoseconds an event of `emit(events)`, once for each loop after a warm-up loop.
 *
 * @param readerPid process to stop while the loops run, so that nothing reads the rings, as with a flight recorder
 */
export function timeLoops(emit, events, loops, readerPid) {
  emit(events);
  if (readerPid === undefined) return { nsPerEvent: timed(emit, events, loops), events: events * (loops + 1) };
  process.kill(readerPid, 'SIGSTOP');
  try {
    return { nsPerEvent: timed(emit, events, loops), events: events * (loops + 1) };
  } finally {
    process.kill(readerPid, 'SIGCONT');
  }
}

function timed(emit, events, loops) {
  const nsPerEvent = [];
  for (let loop = 0; loop < loops; loop++) {
    const begin = process.hrtime.bigint();
    emit(events);
    nsPerEvent.push(Number(process.hrtime.bigint() - begin) / events);
  }
  return nsPerEvent;
}

export function printJson(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
