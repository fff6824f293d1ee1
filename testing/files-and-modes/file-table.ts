/** The table of docs/security.md: files and directories with their makers and modes. */
import { type Cast, ROLES, type Role } from './cast.ts';

/** Description of each name in the table, in its order. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  RUN: 'run directory of a session daemon, also the private one of `record`',
  'RUN/app.sock': 'applications register here',
  'RUN/client.sock': 'commands arrive here',
  'RUN/root.sock': "root's commands arrive here, at a daemon that serves a group",
  'RUN/consumer.sock': 'between session daemon and consumer daemon',
  'RUN/consumer.wake': 'a byte here wakes the consumer daemon; every user who may register may write',
  'RUN/consumers': "consumer daemons of users other than the daemon's own, while they have sessions",
  'RUN/consumers/UID': "one user's consumer daemon",
  'RUN/consumers/UID/consumer.sock': 'between session daemon and consumer daemon',
  'RUN/consumers/UID/consumer.wake': 'a byte here wakes the consumer daemon; every user who may register may write',
  'RUN/metrics.sock': '`--metrics unix:PATH`',
  'RUN/pid-file': '`--pidfile PATH`',
  'RUN/sessiond.log': 'log; `sessiond.log.1` is the same',
  'RUN/sessiond.pid': 'process that has the directory',
  'ringtail-control-TID': 'control file of a thread, passed by descriptor',
  'ringtail-ring-TID': 'ring buffer of a thread, passed by descriptor',
  HOME: '`RINGTAIL_HOME`, if it does not exist',
  'HOME/.ringtail': 'settings and saved sessions',
  'HOME/.ringtail/sessions': '`save`',
  'HOME/.ringtail/sessions/NAME.lttng': 'a saved session',
  'HOME/.ringtailrc': 'name of the current session',
  'HOME/ringtail-traces': 'traces without a named directory',
  'HOME/ringtail-traces/NAME-DATE': 'a trace of `record` or `create`, snapshots of `guard`',
  'HOME/ringtail-traces/NAME-DATE/NAME-DATE': 'a snapshot',
  'HOME/ringtail-traces/NAME-DATE/NAME-DATE/.snapshot.json': 'statistics of the snapshot',
  OUTPUT:
    'output directory of a session, `crash -o`, `convert -w` of a trace, `convert -o otlp`, `convert -o cpuprofile`',
  'OUTPUT/.ringtail': 'state of the consumer daemon; removed when the session is destroyed',
  'OUTPUT/.ringtail/UUID': 'checkpoints of one trace',
  'OUTPUT/.ringtail/UUID/CHANNEL_N.checkpoint': 'position of a ring',
  'OUTPUT/archives': 'archived trace chunks',
  'OUTPUT/archives/BEGIN-END-N': 'an archived trace chunk',
  'OUTPUT/NAME-DATE': 'a snapshot',
  'OUTPUT/NAME-DATE/.snapshot.json': 'statistics of the snapshot',
  'TRACE/ust': 'in every directory of a trace, chunk, snapshot or copy',
  'TRACE/ust/uid': 'buffers of users',
  'TRACE/ust/uid/UID': 'a user',
  'TRACE/ust/uid/UID/64-bit': 'a trace',
  'TRACE/ust/uid/UID/64-bit/metadata': 'its metadata',
  'TRACE/ust/uid/UID/64-bit/CHANNEL_N': 'a data stream',
  'TRACE/ust/uid/UID/64-bit/index': 'indexes',
  'TRACE/ust/uid/UID/64-bit/index/CHANNEL_N.idx': 'index of a data stream',
  'TRACE/ust/uid/UID/64-bit/index/CHANNEL_N.checkpoint': 'checkpoint of `crash`',
  'TRACE/ust/pid': 'buffers of processes',
  'TRACE/ust/pid/NAME-PID-DATE': 'a trace of one process',
  'TRACE/ust/pid/NAME-PID-DATE/metadata': 'its metadata',
  'TRACE/ust/pid/NAME-PID-DATE/CHANNEL_N': 'a data stream',
  'TRACE/ust/pid/NAME-PID-DATE/index': 'indexes',
  'TRACE/ust/pid/NAME-PID-DATE/index/CHANNEL_N.idx': 'index of a data stream',
  RINGS: '`--shm-path`',
  'RINGS/ust': 'ring files of user space',
  'RINGS/ust/uid': 'buffers of users',
  'RINGS/ust/uid/UID': 'a user',
  'RINGS/ust/uid/UID/64-bit': "where the user's applications make ring files; others neither list nor replace them",
  'RINGS/ust/uid/UID/64-bit/metadata': 'copy of the metadata, for `crash`',
  'RINGS/ust/uid/UID/64-bit/CHANNEL_PID-TID-KEY.ring': 'ring buffer of a thread',
  FILE: '`convert -w` of text',
};

/** In place of a description. */
export const NOT_DESCRIBED = 'NOT DESCRIBED';

/** The observed files as lines of the table. Names without a description stand at its end, marked as such. */
export function fileTable(cast: Cast): string[] {
  const names = new Set(ROLES.flatMap((role) => [...cast.seen[role].keys()]));
  const known = Object.keys(DESCRIPTIONS).filter((name) => names.has(name));
  const unknown = [...names].filter((name) => !(name in DESCRIPTIONS)).sort();
  const rows = [...known, ...unknown].map((name) => {
    const cells = ROLES.map((role) => cellOf(cast, role, name));
    return `| \`${name}\` | ${kindOf(cast, name)} | ${cells.join(' | ')} | ${DESCRIPTIONS[name] ?? NOT_DESCRIBED} |`;
  });
  return [
    "| name | kind | root, at root's daemon | member of the group, at root's daemon | user, with an own daemon | is |",
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

function kindOf(cast: Cast, name: string): string {
  const kinds = new Set(ROLES.flatMap((role) => (cast.seen[role].get(name) ?? []).map(({ kind }) => kind)));
  return [...kinds].join(' or ');
}

/** All observed owners and modes of a name; the mode of a memfd is the kernel's. */
function cellOf(cast: Cast, role: Role, name: string): string {
  const seen = cast.seen[role].get(name) ?? [];
  const texts = seen.map((made) => {
    const owner = cast.ownerOf(made);
    return made.kind === 'memfd' ? owner : `${owner} ${made.mode.toString(8).padStart(4, '0')}`;
  });
  return texts.length === 0 ? '–' : [...new Set(texts)].sort().join(', ');
}
