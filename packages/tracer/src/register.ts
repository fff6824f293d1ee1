/**
 * The preload of a program: `node --import @ringtail/tracer/register app.js`, or `--require`.
 *
 * Registers this thread with the session daemons that run. Where `@ringtail/instrument` is installed, the program also
 * gets the events of the Node.js runtime.
 */
import { loadInstruments } from './api/load-instruments.ts';
import * as tracer from './index.ts';

export * from './index.ts';

loadInstruments(tracer);
