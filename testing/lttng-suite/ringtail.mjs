import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeScript } from './scripts.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const COMMAND = `exec node ${join(HERE, '..', '..', 'packages', 'cli', 'bin', 'ringtail.mjs')}`;

/** Paths of test programs below `tests`, with their replacements in `programs`. */
const PROGRAMS = {
  'utils/testapp/gen-ust-events/gen-ust-events': 'gen-ust-events',
  'utils/testapp/gen-ust-nevents/gen-ust-nevents': 'gen-ust-nevents',
  'utils/testapp/gen-ust-nevents-str/gen-ust-nevents-str': 'gen-ust-nevents-str',
  'utils/testapp/gen-ust-tracef/gen-ust-tracef': 'gen-ust-tracef',
  'regression/tools/filtering/gen-ust-events': 'filter-events',
  'regression/tools/trigger/utils/notification-client': 'notification-client',
  'regression/ust/high-throughput/gen-events': 'many-events',
  'regression/ust/multi-session/gen-nevents': 'gen-nevents',
  'regression/ust/overlap/demo/demo': 'demo',
  'regression/ust/overlap/demo/demo-trace': 'demo',
};

/** The scripts' variables and paths in a home directory, with Ringtail's names. */
const VARIABLES = `export RINGTAIL_HOME="$LTTNG_HOME" RINGTAIL_REGISTER_TIMEOUT="$LTTNG_UST_REGISTER_TIMEOUT"
[ -z "$LTTNG_UST_ALLOW_BLOCKING" ] || export RINGTAIL_ALLOW_BLOCKING=1
[ -e "$LTTNG_HOME/.ringtail" ] || ln -sfn .lttng "$LTTNG_HOME/.ringtail"
[ -e "$LTTNG_HOME/ringtail-traces" ] || ln -sfn lttng-traces "$LTTNG_HOME/ringtail-traces"
mkdir -p "$LTTNG_HOME/.lttng" "$LTTNG_HOME/lttng-traces"
`;

/** Installs Ringtail at the paths of LTTng, and programs in JavaScript at the paths of the suite's programs. */
export function layOutRingtail(tree) {
  const standIn = (place, body) => writeScript(join(tree, place), VARIABLES + body);
  for (const place of ['src/bin/lttng/lttng', 'bin/lttng']) standIn(place, `${COMMAND} --no-sessiond "$@"`);
  // Without an output directory, LTTng's command prints the events.
  standIn(
    'src/bin/lttng-crash/lttng-crash',
    `[ "$1" = -x ] || set -- --viewer babeltrace2 "$@"\n${COMMAND} -q crash "$@"`,
  );
  const [sessiond, consumerd] = ['sessiond', 'consumerd'].map((name) => join(HERE, 'daemons', `lttng-${name}.mjs`));
  // There is one consumer daemon, whatever the size of a pointer. And `start_lttng_sessiond` passes its own first
  // argument (0 or 1) on by mistake: `shift 2` of one word shifts nothing. LTTng's daemon ignores it.
  standIn(
    'src/bin/lttng-sessiond/lttng-sessiond',
    `words=()
for word; do case $word in --consumerd*-path=* | [01]) ;; *) words+=("$word") ;; esac; done
exec -a lttng-sessiond node ${sessiond} --consumer ${consumerd} "\${words[@]}"`,
  );
  for (const [place, program] of Object.entries(PROGRAMS)) {
    // A program is named after its first word.
    const path = join(HERE, 'programs', `${program}.mjs`);
    standIn(join('tests', place), `exec -a "$0" node ${path} "$@"`);
  }
}
