// What the programs under test have in common.

/** Strings of 16 characters, flat in memory as those read from a socket are. */
export const STRINGS = Array.from({ length: 64 }, (_, i) => Buffer.from(`customer-${1000000 + i}`).toString('latin1'));

/**
 * Nanoseconds an event of `emit(events)`, once for each loop after a warm-up loop.
 */
export function timeLoops(emit, events, loops) {
  emit(events);
  const nsPerEvent = [];
  for (let loop = 0; loop < loops; loop++) {
    const begin = process.hrtime.bigint();
    emit(events);
    nsPerEvent.push(Number(process.hrtime.bigint() - begin) / events);
  }
  return { nsPerEvent, events: events * (loops + 1) };
}

export function printJson(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
