// Gives random commands on a few sessions over several connections at once:
// node commands.mjs RUNDIR HOME BAIT SEED COUNT
//
// Other processes do so at the same time; root uses the same sessions. Every command has to get an answer, which may be
// a refusal. The report is a line of JSON on standard output.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SessionDaemonClient } from '@ringtail/ctl';
import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { randomOf } from '../../fuzz/mutate.mjs';

const [runDirectory, home, , seed, count] = process.argv.slice(2);
const CONNECTIONS = 4;
const AHEAD_MAX = 3;
const PAUSE_MAX_MS = 30;
/** Codes that are not refusals. */
const FAILURES = new Set(['FAILED', 'TIMEOUT', 'DAEMON_GONE', 'BAD_MESSAGE', 'ANSWER_TOO_LONG']);
// Names are unique among all users. All users want one of them; the others belong to one user, and root changes these
// too.
const ALL_NAMES = ['shared', ...['a', 'b', 'c', 'd', 'e'].flatMap((letter) => [`of-1-${letter}`, `of-2-${letter}`])];
const uid = process.getuid();
const SESSIONS =
  uid === 0 ? ALL_NAMES : ALL_NAMES.filter((name) => name === 'shared' || name.startsWith(`of-${uid % 4}-`));
const CHANNELS = ['channel0', 'other'];
const SMALL = { ...DEFAULT_CHANNEL, subBufBytes: 4096, subBufCount: 4 };

const report = { seed: Number(seed), commands: 0, done: 0, refused: {}, problems: [] };

/** More frequent commands are repeated in the list. */
const COMMANDS = [
  ...times(10, (client, session, random) =>
    client.createSession({
      name: uid === 0 ? 'shared' : session,
      output: join(home, 'out'),
      snapshot: random.below(4) === 0,
    }),
  ),
  ...times(4, (client, session) => client.startSession(session)),
  ...times(2, (client, session) => client.stopSession(session)),
  (client, session) => client.stopSession(session, { wait: false }),
  (client, session) => client.destroySession(session),
  (client, session) => client.destroySession(session, { wait: false }),
  ...times(2, (client, session) => client.rotateSession(session)),
  (client, session) => client.rotateSession(session, { wait: false }),
  (client, session, random) =>
    client.setRotationSchedule(session, { timerUs: random.pick([null, 50_000]), sizeBytes: random.pick([null, 8192]) }),
  ...times(2, (client, session) => client.recordSnapshot(session)),
  ...times(2, (client, session) => client.clearSession(session)),
  ...times(2, (client, session, random) =>
    client.enableChannel(session, {
      ...SMALL,
      name: random.pick(CHANNELS),
      ownership: random.pick(['user', 'process']),
    }),
  ),
  (client, session, random) => client.disableChannel(session, random.pick(CHANNELS)),
  ...times(4, (client, session, random) =>
    client.enableEvent(session, { pattern: random.pick(['*', 'witness:step']) }, random.pick([null, ...CHANNELS])),
  ),
  (client, session, random) =>
    client.disableEvent(session, random.pick(['*', 'witness:step']), random.pick([null, ...CHANNELS])),
  (client, session) => client.addContext(session, ['vpid', 'procname']),
  (client, session, random) => client.track(session, 'vpid', random.pick([null, [1, 2]])),
  (client, session, random) => client.untrack(session, 'vpid', random.pick([null, [1]])),
  (client, session) => client.regenerateMetadata(session),
  (client, session) => client.regenerateStatedump(session),
  (client, session) => client.reclaimMemory(session),
  (client, session) => client.sessionStatistics(session),
  (client, session) => client.sessionMemory(session),
  (client) => client.listSessions(),
  (client) => client.listApplications(),
  (client, session, random) =>
    client.addTrigger({
      name: random.pick(['t1', 't2']),
      condition: { kind: 'session-rotation', session, phase: 'finishes' },
      actions: [{ kind: random.pick(['start-session', 'stop-session']), session, ratePolicy: { every: 1 } }],
    }),
  (client, _, random) => client.removeTrigger(random.pick(['t1', 't2'])),
];

await Promise.all(Array.from({ length: CONNECTIONS }, (_, lane) => attack(randomOf(Number(seed), lane))));
const last = await SessionDaemonClient.connect({ runDirectory });
for (const name of ['t1', 't2']) await judged('removeTrigger', last.removeTrigger(name));
for (const name of SESSIONS) await judged('destroySession', last.destroySession(name));
last.close();
console.log(JSON.stringify(report));

function times(n, command) {
  return Array.from({ length: n }, () => command);
}

async function attack(random) {
  const client = await SessionDaemonClient.connect({ runDirectory });
  const underway = new Set();
  while (report.commands < Number(count) && report.problems.length < 20) {
    report.commands++;
    const command = random.pick(COMMANDS);
    const answer = one(command, client, random).then(() => underway.delete(answer));
    underway.add(answer);
    if (underway.size > random.below(AHEAD_MAX)) await Promise.race(underway);
  }
  await Promise.all(underway);
  client.close();
}

/** Creation and destruction of a session take time. Without a pause, most commands would be refused for that reason. */
async function one(command, client, random) {
  const code = await judged(String(command), command(client, random.pick(SESSIONS), random));
  if (code === 'NO_SUCH_SESSION' || code === 'SESSION_EXISTS') await pause(random.below(PAUSE_MAX_MS));
}

/** Returns the code of a refusal. */
async function judged(command, answer) {
  try {
    await answer;
    report.done++;
    return undefined;
  } catch (error) {
    report.refused[error.code] = (report.refused[error.code] ?? 0) + 1;
    if (error.code === undefined || FAILURES.has(error.code)) report.problems.push(`${command}: ${error.stack}`);
    return error.code;
  }
}
