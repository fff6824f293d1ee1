import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeScript } from './scripts.mjs';

/** Sources of the scripts' C programs, below `tests`: a folder stands for all of its C files. */
const SOURCES = {
  'utils/testapp/gen-ust-events/gen-ust-events': ['utils/testapp/gen-ust-events', 'utils/utils.c'],
  'utils/testapp/gen-ust-nevents/gen-ust-nevents': ['utils/testapp/gen-ust-nevents', 'utils/utils.c'],
  'utils/testapp/gen-ust-nevents-str/gen-ust-nevents-str': ['utils/testapp/gen-ust-nevents-str'],
  'utils/testapp/gen-ust-tracef/gen-ust-tracef': ['utils/testapp/gen-ust-tracef'],
  'regression/tools/filtering/gen-ust-events': ['regression/tools/filtering'],
  'regression/tools/trigger/utils/notification-client': [
    'regression/tools/trigger/utils/notification-client.c',
    'utils/utils.c',
  ],
  'regression/ust/high-throughput/gen-events': ['regression/ust/high-throughput'],
  'regression/ust/multi-session/gen-nevents': ['regression/ust/multi-session'],
};
/** Its providers are libraries of their own, which `demo-trace` preloads. */
const DEMO = 'regression/ust/overlap/demo';
const DEMO_PROVIDERS = {
  '.libs/liblttng-ust-provider-ust-tests-demo.so': ['tp.c', 'tp2.c'],
  '.libs/liblttng-ust-provider-ust-tests-demo3.so': ['tp3.c'],
};
const CONSUMER_PLACES = [
  '/usr/lib/x86_64-linux-gnu/lttng/libexec',
  '/usr/lib/aarch64-linux-gnu/lttng/libexec',
  '/usr/lib/lttng/libexec',
];

/** Installs LTTng and the suite's C programs, built from the checkout, at the paths of the scripts. */
export function layOutLttng(checkout, tree) {
  const consumer = CONSUMER_PLACES.map((place) => join(place, 'lttng-consumerd')).find((path) => existsSync(path));
  writeScript(join(tree, 'src/bin/lttng/lttng'), 'exec /usr/bin/lttng "$@"');
  writeScript(join(tree, 'src/bin/lttng-crash/lttng-crash'), 'exec /usr/bin/lttng-crash "$@"');
  writeScript(join(tree, 'src/bin/lttng-sessiond/lttng-sessiond'), 'exec /usr/bin/lttng-sessiond "$@"');
  writeScript(join(tree, 'src/bin/lttng-consumerd/lttng-consumerd'), `exec ${consumer} "$@"`);
  const stubs = join(tree, 'stubs');
  mkdirSync(join(stubs, 'sys'), { recursive: true });
  writeFileSync(join(stubs, 'config.h'), '');
  writeFileSync(join(stubs, 'sys', 'sdt.h'), '#define STAP_PROBEV(...)\n');
  const compile = (words) => {
    const includes = ['.', '..', '../include', '../src', 'utils', 'utils/testapp'].map((path) => `-I${path}`);
    const all = ['-D_GNU_SOURCE', '-D_LGPL_SOURCE', '-w', `-I${stubs}`, ...includes, ...words];
    const libraries = ['-llttng-ust', '-llttng-ust-common', '-llttng-ctl', '-ldl', '-lpthread'];
    const { status, stderr } = spawnSync('cc', [...all, ...libraries], {
      cwd: join(checkout, 'tests'),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`cc ${words.join(' ')}:\n${stderr}`);
  };
  const inTree = (place) => join(tree, 'tests', place);
  for (const [place, sources] of Object.entries(SOURCES)) {
    const files = sources.flatMap((source) =>
      source.endsWith('.c')
        ? [source]
        : readdirSync(inTree(source))
            .filter((name) => name.endsWith('.c'))
            .map((name) => join(source, name)),
    );
    mkdirSync(dirname(inTree(place)), { recursive: true });
    compile([`-I${dirname(files[0])}`, ...files, '-o', inTree(place)]);
  }
  mkdirSync(inTree(`${DEMO}/.libs`));
  for (const [library, sources] of Object.entries(DEMO_PROVIDERS)) {
    compile([
      '-shared',
      '-fPIC',
      `-I${DEMO}`,
      ...sources.map((name) => join(DEMO, name)),
      '-o',
      inTree(`${DEMO}/${library}`),
    ]);
  }
  compile([`-I${DEMO}`, `${DEMO}/demo.c`, '-o', inTree(`${DEMO}/demo`)]);
}
