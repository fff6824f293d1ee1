/**
 * Functions of Node.js as they were when the instruments were loaded: test frameworks and programs replace them later.
 */
import timers from 'node:timers';

export const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers;
