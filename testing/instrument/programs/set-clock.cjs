// Loaded before Ringtail: clocks that the program can set and stop.
const dateMs = Date.now.bind(Date);
const elapsedMs = performance.now.bind(performance);
let aheadMs = Number(process.env.AHEAD_MS ?? 0);
let stoppedMs;

Date.now = () => dateMs() + aheadMs;
performance.now = () => stoppedMs ?? elapsedMs();
globalThis.clocks = {
  advance: (ms) => {
    aheadMs += ms;
  },
  stop: () => {
    stoppedMs = elapsedMs();
  },
  start: () => {
    stoppedMs = undefined;
  },
};
