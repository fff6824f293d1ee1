import { basename, isAbsolute, parse } from 'node:path';
import { PackageFinder } from '@ringtail/base/files';

/** Length of a name; the session daemon cuts longer ones too. */
const NAME_LENGTH_MAX = 255;
const PACKAGE_LENGTH_MAX = 100;
/** A larger manifest is not read, since the program waits while it is parsed. */
const MANIFEST_BYTES_MAX = 64 * 1024;
/** Options that run a program without a script. */
const RUNS_NO_SCRIPT = /^(?:-e|-p|-pe|--eval|--print|--test)(?==|$)/;

/** Properties of `process` that name a program. */
export interface ProgramTraits {
  readonly title: string;
  readonly argv0: string;
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
}

/** Name of a script, kept because finding its package reads files. */
let known: { readonly script: string; readonly name: string } | undefined;

/**
 * Name of the program for people. It is the title that the program has set, else its script after the name of its
 * package: `shop/server.js`. A program without a script is `node`, with the option that runs it: `node -e`. In a worker
 * thread, the script is the worker's. Does not throw.
 */
export function programName(traits: ProgramTraits = process): string {
  try {
    const name = ownTitle(traits) ?? nameOfScript(traits);
    return name.slice(0, NAME_LENGTH_MAX);
  } catch {
    // A program may replace every part of `process`.
    return 'node';
  }
}

/** Undefined for the title that Node.js sets, which is the command that started it. */
function ownTitle({ title, argv0, execPath }: ProgramTraits): string | undefined {
  return title.trim() === '' || title === argv0 || basename(title) === basename(execPath) ? undefined : title;
}

function nameOfScript({ argv, execArgv }: ProgramTraits): string {
  const script = argv[1];
  if (script === undefined || script === '-') {
    const [option] = execArgv.flatMap((one) => RUNS_NO_SCRIPT.exec(one) ?? []);
    return ['node', option ?? script].filter(Boolean).join(' ');
  }
  // Workers of URLs and of texts: a URL may hold the whole program.
  if (!isAbsolute(script)) return script.startsWith('[') ? script : 'node';
  if (known?.script !== script) known = { script, name: withPackage(script) };
  return known.name;
}

/** The name of the package is left out if the script has it. A program may also be the package's directory: `node .` */
function withPackage(script: string): string {
  const name = basename(script);
  const found = new PackageFinder(MANIFEST_BYTES_MAX).nearest(script);
  if (found === undefined) return name;
  const owner = found.name.slice(0, PACKAGE_LENGTH_MAX);
  if (found.path === script) return owner;
  return basename(owner) === parse(name).name ? name : `${owner}/${name}`;
}
