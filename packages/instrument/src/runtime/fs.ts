import fsModule from 'node:fs';
import type { EventSource, Tracer } from '../instrument.ts';
import { FORMS, isSlow, type Operation, operations } from '../operations.ts';
import { observeAll, type Target } from '../wrap.ts';

/** Operations with a callback, with a promise, and synchronously. */
const OF_PATHS = ['access', 'appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchown', 'link', 'lstat', 'lutimes']
  .concat(['mkdir', 'mkdtemp', 'open', 'opendir', 'readFile', 'readdir', 'readlink', 'realpath', 'rename', 'rm'])
  .concat(['rmdir', 'stat', 'statfs', 'symlink', 'truncate', 'unlink', 'utimes', 'writeFile']);
/** Operations of descriptors. */
const OF_DESCRIPTORS = [
  'close',
  'fchmod',
  'fchown',
  'fdatasync',
  'fstat',
  'fsync',
  'ftruncate',
  'futimes',
  'read',
].concat(['readv', 'write', 'writev']);
const OF_FILE_HANDLES = [
  'appendFile',
  'datasync',
  'read',
  'readFile',
  'readv',
  'stat',
  'sync',
  'truncate',
  'write',
].concat(['writeFile', 'writev']);

/** Operations on files. */
export function fs({ provider, u8, u64, i32, str, enumeration }: Tracer): readonly EventSource[] {
  const node = provider('node_fs');
  const fields = () =>
    [
      ['operation', str],
      ['form', enumeration(u8, FORMS)],
      ['path', str],
      ['fd', i32],
      ['size', u64],
      ['error', str],
      ['start_ns', u64],
      ['duration_ns', u64],
    ] as const;
  const all = node.tracepoint('operation', fields(), { logLevel: 'debug' });
  const slow = node.tracepoint('slow_operation', fields(), { logLevel: 'info' });

  const install = () => {
    let endHandles: (() => void) | undefined;

    const report = (operation: Operation, path: string, fd: number, data: unknown) => {
      const { name, form, startNs, durationNs, error, result } = operation;
      const size = sizeOf(name, data, result);
      all(name, form, path, fd, size, error, startNs, durationNs);
      if (isSlow(operation)) slow(name, form, path, fd, size, error, startNs, durationNs);
    };
    const ofPath = (operation: Operation) => {
      const [file, data] = operation.args;
      if (operation.form === FORMS.promise && operation.name === 'open') observeHandles(operation.result);
      report(operation, pathOf(file), numberOf(file), data);
    };
    const ofDescriptor = (operation: Operation) => {
      report(operation, '', numberOf(operation.args[0]), undefined);
    };
    // The first argument of a method may be the file's content.
    const ofHandle = (operation: Operation) => {
      report(operation, '', numberOf(Object(operation.self).fd), operation.args[0]);
    };

    /** Node.js exports no class of file handles: the first one shows it. */
    const observeHandles = (handle: unknown) => {
      if (endHandles !== undefined || typeof handle !== 'object' || handle === null) return;
      endHandles = observeAll(operations(Object.getPrototypeOf(handle), OF_FILE_HANDLES, ofHandle));
    };

    const targets: Target[] = [
      ...operations(fsModule.promises, OF_PATHS, ofPath),
      ...operations(fsModule, [...OF_PATHS, ...OF_PATHS.map(syncOf), 'existsSync'], ofPath),
      ...operations(fsModule, [...OF_DESCRIPTORS, ...OF_DESCRIPTORS.map(syncOf)], ofDescriptor),
    ];
    const end = observeAll(targets);
    return () => {
      end();
      endHandles?.();
      endHandles = undefined;
    };
  };
  return [{ tracepoints: [all, slow], install }];
}

function pathOf(file: unknown): string {
  if (typeof file === 'string') return file;
  if (file instanceof URL) return file.pathname;
  return file instanceof Uint8Array ? Buffer.from(file).toString() : '';
}

function syncOf(name: string): string {
  return `${name}Sync`;
}

function numberOf(file: unknown): number {
  return typeof file === 'number' ? file : -1;
}

/**
 * What the operation has read or written, in bytes, or in characters of a text.
 *
 * @param data of `writeFile` and `appendFile`
 */
function sizeOf(name: string, data: unknown, result: unknown): number {
  if (/^(write|append)File/.test(name)) return lengthOf(data);
  if (name.startsWith('readFile')) return lengthOf(result);
  if (!/^(read|write)v?(Sync)?$/.test(name)) return 0;
  if (typeof result === 'number') return result;
  const { bytesRead, bytesWritten } = Object(result) as { bytesRead?: number; bytesWritten?: number };
  return bytesRead ?? bytesWritten ?? 0;
}

function lengthOf(data: unknown): number {
  const { byteLength, length } = Object(data) as { readonly byteLength?: number; readonly length?: number };
  return byteLength ?? (typeof data === 'string' ? (length ?? 0) : 0);
}
