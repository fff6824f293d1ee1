import childProcessModule, { type ChildProcess } from 'node:child_process';
import { type EventEmitter, errorMonitor } from 'node:events';
import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { type Operation, operations } from '../operations.ts';
import { type Observer, observeAll } from '../wrap.ts';

const SPAWNING = ['exec', 'execFile', 'fork', 'spawn'];
const SYNCHRONOUS = ['execFileSync', 'execSync', 'spawnSync'];

/** Child processes of the program. Their arguments may be private and are left out. */
export function childProcess({ provider, u64, i32, str }: Tracer): readonly EventSource[] {
  const node = provider('node_child_process');
  const begin = node.tracepoint(
    'process_begin',
    [
      ['child_id', u64],
      ['operation', str],
      ['file', str],
      ['pid', i32],
    ],
    { logLevel: 'info' },
  );
  const end = node.tracepoint(
    'process_end',
    [
      ['child_id', u64],
      ['exit_code', i32],
      ['signal', str],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const sync = node.tracepoint(
    'sync_process',
    [
      ['operation', str],
      ['file', str],
      ['exit_code', i32],
      ['signal', str],
      ['error', str],
      ['start_ns', u64],
      ['duration_ns', u64],
    ],
    { logLevel: 'info' },
  );
  const nextId = identifiers();

  const install = () => {
    const open = new Map<ChildProcess, { readonly id: number; error: string }>();

    function exited(this: ChildProcess, exitCode: number | null, signal: string | null): void {
      const child = open.get(this);
      if (child === undefined) return;
      release(this);
      end(child.id, exitCode ?? -1, signal ?? '', child.error);
    }

    /** A process that cannot be started has an error and may have no exit. */
    function failed(this: ChildProcess, error: unknown): void {
      const child = open.get(this);
      if (child === undefined) return;
      child.error = codeOf(error);
      if (this.pid === undefined) exited.call(this, null, null);
    }

    const release = (child: ChildProcess) => {
      open.delete(child);
      child.removeListener('exit', exited);
      (child as EventEmitter).removeListener(errorMonitor, failed);
    };

    let isInside = false;
    const observerOf = (name: string): Observer<string> => ({
      before(_, args) {
        // exec() calls execFile().
        if (isInside) return undefined;
        isInside = true;
        return fileOf(name, args);
      },
      returned(file, result) {
        isInside = false;
        const child = result as ChildProcess;
        const id = nextId();
        open.set(child, { id, error: '' });
        child.prependListener('exit', exited);
        (child as EventEmitter).prependListener(errorMonitor, failed);
        begin(id, name, file, child.pid ?? -1);
      },
      threw() {
        isInside = false;
      },
    });

    const finishedSync = ({ name, args, startNs, durationNs, error, reason, result }: Operation) => {
      // execSync() and execFileSync() return the output, and throw if the exit code is another than 0.
      const ended: SpawnResult = name === 'spawnSync' ? Object(result) : Object(reason ?? { status: 0 });
      const code = typeof ended.status === 'number' ? '' : ended.error === undefined ? error : codeOf(ended.error);
      sync(name, fileOf(name, args), ended.status ?? -1, ended.signal ?? '', code, startNs, durationNs);
    };
    const stop = observeAll([
      ...SPAWNING.map((name) => ({ holder: childProcessModule, name, observer: observerOf(name) })),
      ...operations(childProcessModule, SYNCHRONOUS, finishedSync),
    ]);
    return () => {
      stop();
      for (const child of open.keys()) release(child);
    };
  };
  return [{ tracepoints: [begin, end, sync], install }];
}

interface SpawnResult {
  readonly status?: number | null;
  readonly signal?: string | null;
  readonly error?: unknown;
}

/** The program; of a command line for a shell its first word, unless that sets a variable. */
function fileOf(operation: string, args: readonly unknown[]): string {
  const [file] = args;
  const isCommandLine = /^exec(Sync)?$/.test(operation) || args.some((argument) => Object(argument).shell);
  if (!isCommandLine) return file instanceof URL ? file.pathname : String(file);
  const [word = ''] = String(file).trim().split(/\s/);
  return word.includes('=') ? 'sh' : word;
}
