import { userName } from '@ringtail/posix/accounts';
import { type Finding, shortened } from '../errors/finding.ts';
import { plural, shellQuote } from '../output/quantity.ts';
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
  const ordered = likeliestFirst(daemon, surroundings);
  const programs = ordered.filter(({ uid }) => served(uid));
  const elsewhere = programs.filter((program) => registeredWith(program, surroundings) !== undefined);
  const others = programs.filter((program) => !elsewhere.includes(program));
  const loaded = others.filter((program) => program.traced === true && !mayRegisterHere(program, daemon));
  const absentees = others.filter((program) => !loaded.includes(program));
  const foreign = ordered.filter(({ uid }) => !served(uid));
  const evidence = [
    ...shortened(absentees.map((program) => `${describeProgram(program)} ${describeAbsence(program)}`)),
    ...(programs.length === 0 && foreign.length > 0 ? [] : programLines('of another user', foreign)),
    ...programDaemonLines(surroundings),
  ];
  return [
    ...(elsewhere.length > 0 || loaded.length > 0 ? [otherDaemon(daemon, surroundings, elsewhere, loaded)] : []),
    ...(foreign.length > 0 && others.length + elsewhere.length === 0 ? [otherUser(daemon, foreign)] : []),
    absent(
      daemon,
      evidence,
      absentees.some((program) => mayRegisterHere(program, daemon)),
    ),
  ];
}

/** Programs that name this daemon first, those that name another one last; among equals, the newest first. */
function likeliestFirst({ runDirectory }: DaemonFacts, { programs }: Surroundings): NodeProgram[] {
  const rank = (program: NodeProgram): number => {
    if (program.runDirectory === runDirectory) return 0;
    if (program.runDirectory !== null) return 3;
    return program.mayRegister === 'preloaded' ? 1 : 2;
  };
  return [...programs].sort((a, b) => rank(a) - rank(b) || b.pid - a.pid);
}

/** Whether a program that is not registered may do so soon. */
function mayRegisterHere({ traced, mayRegister, runDirectory }: NodeProgram, daemon: DaemonFacts): boolean {
  if (traced === true) return mayRegister === 'young' || runDirectory === daemon.runDirectory;
  return mayRegister !== null;
}

function describeAbsence({ traced, mayRegister }: NodeProgram): string {
  if (traced === true) return 'has the tracer, and may still be registering';
  if (mayRegister === 'preloaded') return 'was started with the tracer, and may still be registering';
  return mayRegister === 'young'
    ? 'runs without the tracer so far: it is new, and may still be registering'
    : 'runs without the tracer';
}

function absent({ runDirectory }: DaemonFacts, evidence: readonly string[], mayRegister = false): Finding {
  return {
    code: 'NO_APPLICATION',
    what: 'no application is registered with this session daemon',
    evidence: [`the daemon serves ${runDirectory}`, ...evidence],
    nextStep: mayRegister
      ? `wait until programs have registered, and run ringtail status again; otherwise ${LOAD_IT}`
      : LOAD_IT,
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

/** A line for each other session daemon that answers, and one for the others. */
export function daemonLines({ otherDaemons }: Surroundings): string[] {
  const answering = otherDaemons.filter(({ pids }) => pids !== null);
  const silent = otherDaemons.length - answering.length;
  return [
    ...shortened(answering.map(describeDaemon)),
    ...(silent === 0 ? [] : [`${plural(silent, 'other session daemon')} did not answer`]),
  ];
}

/** A line for each other session daemon that has programs, and one for the others. */
function programDaemonLines({ otherDaemons }: Surroundings): string[] {
  const used = otherDaemons.filter(({ pids }) => pids !== null && pids.length > 0);
  const rest = otherDaemons.length - used.length;
  return [
    ...shortened(used.map(describeDaemon)),
    ...(rest === 0 ? [] : [`${plural(rest, 'other session daemon')} without programs, or without an answer`]),
  ];
}

function describeDaemon({ runDirectory, uid, pids }: OtherDaemon): string {
  const whose = uid === null ? '' : `, of user ${userName(uid)},`;
  return `another session daemon${whose} runs in ${runDirectory}, with ${plural(pids?.length ?? 0, 'process', 'processes')} registered`;
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
