import { userName } from '@ringtail/posix/accounts';
import { plural, shellQuote } from '../output/quantity.ts';
import { type Finding, shortened } from './finding.ts';
import type { NodeProgram } from './node-programs.ts';
import type { DaemonFacts } from './session-facts.ts';
import type { OtherDaemon, Surroundings } from './surroundings.ts';

interface AbsenceFacts {
  readonly daemon: DaemonFacts;
  readonly surroundings: Surroundings | null;
}

const LOAD_IT = 'start programs with: node --import @ringtail/tracer/register, or import @ringtail/tracer in them';

/** Reasons why no application is registered. */
export function diagnoseAbsence({ daemon, surroundings }: AbsenceFacts): Finding[] {
  if (surroundings === null) return [absent(daemon, [])];
  // Root's programs use the daemon of a user only where RINGTAIL_RUNDIR names it.
  const served = (uid: number): boolean => daemon.uid === 0 || uid === daemon.uid;
  const newestFirst = [...surroundings.programs].sort((a, b) => b.pid - a.pid);
  const programs = newestFirst.filter(({ uid }) => served(uid));
  const elsewhere = programs.filter((program) => registeredWith(program, surroundings) !== undefined);
  const others = programs.filter((program) => !elsewhere.includes(program));
  const loaded = others.filter(({ traced }) => traced === true);
  const foreign = newestFirst.filter(({ uid }) => !served(uid));
  return [
    ...(elsewhere.length > 0 || loaded.length > 0 ? [otherDaemon(daemon, surroundings, elsewhere, loaded)] : []),
    ...(foreign.length > 0 && others.length + elsewhere.length === 0 ? [otherUser(daemon, foreign)] : []),
    absent(daemon, [
      ...programLines(
        'runs without the tracer',
        others.filter(({ traced }) => traced !== true),
      ),
      ...(programs.length === 0 && foreign.length > 0 ? [] : programLines('of another user', foreign)),
      ...daemonLines(surroundings),
    ]),
  ];
}

function absent({ runDirectory }: DaemonFacts, evidence: readonly string[]): Finding {
  return {
    code: 'NO_APPLICATION',
    what: 'no application is registered with this session daemon',
    evidence: [`the daemon serves ${runDirectory}`, ...evidence],
    nextStep: LOAD_IT,
  };
}

function otherDaemon(
  { runDirectory }: DaemonFacts,
  surroundings: Surroundings,
  elsewhere: readonly NodeProgram[],
  loaded: readonly NodeProgram[],
): Finding {
  const [first] = elsewhere;
  const other = first === undefined ? undefined : registeredWith(first, surroundings);
  const there =
    other === undefined ? '' : `, or ask that daemon: RINGTAIL_RUNDIR=${shellQuote(other.runDirectory)} ringtail …`;
  return {
    code: 'OTHER_DAEMON',
    what: 'programs that have the tracer are not registered here, but look for another run directory',
    evidence: [
      ...shortened(
        elsewhere.map(
          (program) =>
            `${describeProgram(program)} is registered in ${registeredWith(program, surroundings)?.runDirectory}`,
        ),
      ),
      ...programLines('has the tracer, but is registered with no daemon that we can ask', loaded),
      `this daemon serves ${runDirectory}`,
    ],
    nextStep: `start the programs with RINGTAIL_RUNDIR=${shellQuote(runDirectory)}${there}`,
  };
}

function otherUser({ uid, runDirectory }: DaemonFacts, foreign: readonly NodeProgram[]): Finding {
  return {
    code: 'OTHER_USER',
    what: 'the programs that run are those of other users, whom this session daemon does not serve',
    evidence: [
      `the daemon in ${runDirectory} is that of user ${uid === null ? 'unknown' : userName(uid)}`,
      ...programLines('runs', foreign),
    ],
    nextStep: 'run the program as the same user, or the session daemon as root, which serves everybody',
  };
}

/** A line for each other session daemon that runs. */
export function daemonLines({ otherDaemons }: Surroundings): string[] {
  return shortened(
    otherDaemons.map(({ runDirectory, uid, pids }) => {
      const whose = uid === null ? 'somebody' : `user ${userName(uid)}`;
      const count = pids === null ? '' : `, with ${plural(pids.length, 'process', 'processes')} registered`;
      return `another session daemon, of ${whose}, runs in ${runDirectory}${count}`;
    }),
  );
}

function programLines(how: string, programs: readonly NodeProgram[]): string[] {
  return shortened(programs.map((program) => `${describeProgram(program)} ${how}`));
}

function describeProgram({ pid, uid, name }: NodeProgram): string {
  return `process ${pid} (${name}, user ${userName(uid)})`;
}

function registeredWith({ pid }: NodeProgram, { otherDaemons }: Surroundings): OtherDaemon | undefined {
  return otherDaemons.find(({ pids }) => pids?.includes(pid));
}
