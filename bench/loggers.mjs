// CPU time that recording adds to a call of a logger: in one process, whose rules are switched in turn.
import { join } from 'node:path';
import { startUntilStdinEnds } from './lib/process.mjs';
import { valueRow } from './lib/report.mjs';
import { DEFAULTS, programPath } from './lib/ringtail.mjs';
import { interleave } from './lib/statistics.mjs';

export const title = 'Calls of loggers, switched on and off in one process';
const REGISTER = import.meta.resolve('@ringtail/tracer/register');

/** Kinds of loggers with their most severe level, which the program does not use. */
const KINDS = { console: 'error', pino: 'fatal', winston: 'crit', bunyan: 'fatal', log4js: 'fatal', debug: undefined };

export async function run({ quick, ringtail, folder }) {
  const rounds = quick ? 2 : 15;
  const rows = [];
  for (const [kind, severe] of Object.entries(KINDS)) {
    const command = ['--import', REGISTER, programPath('loggers.mjs'), kind];
    const program = await startUntilStdinEnds(process.execPath, command, { env: ringtail.env });
    const callNs = async () => {
      // The first answer is from a turn in which the program may not have noticed the change.
      await program.ask();
      return (await program.ask()).ns;
    };
    const recorded = (event) => () =>
      ringtail.session({ output: join(folder, 'loggers') }, async (client, session) => {
        await client.enableChannel(session, { ...DEFAULTS, name: 'channel0' });
        await client.enableEvent(session, { pattern: `node_${kind}:${event}` }, 'channel0');
        await client.startSession(session);
        return await callNs();
      });
    try {
      const variants = { off: callNs, all: recorded('*'), ...(severe && { severe: recorded(severe) }) };
      for (const warmUp of Object.values(variants)) await warmUp();
      const { off, all, severe: left } = await interleave(rounds, variants);
      const more = (ns) => `${((ns - off) / 1000).toFixed(2)} µs more`;
      const peer = `${(off / 1000).toFixed(2)} µs (not enabled)`;
      rows.push({ ...valueRow({ what: `${kind}, recorded`, ours: more(all), peer }), ratio: all / off });
      if (left === undefined) continue;
      rows.push({
        ...valueRow({ what: `${kind}, only ${severe} enabled`, ours: more(left), peer }),
        ratio: left / off,
      });
    } finally {
      await program.end();
    }
  }
  return {
    rows,
    notes: [
      `A call at info with a text and an object, whose line goes nowhere; ${rounds} rounds of 5000 calls, the median.`,
      'The events have the message, the fields as JSON, and the call site. Not enabled, the logger has no hook.',
    ],
  };
}
