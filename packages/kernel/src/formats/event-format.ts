import { KernelError } from '../kernel-error.ts';

/** A field of an event as the kernel describes it. */
export interface FormatField {
  readonly name: string;
  /** Type without the brackets behind the name: `unsigned long`, `__data_loc char[]`. */
  readonly type: string;
  /** Elements of a field that is an array; undefined for others. */
  readonly length: number | undefined;
  /** Bytes from the start of the record. */
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
}

/** An event's layout in the kernel's ring buffer, from `events/SYSTEM/NAME/format`. */
export interface EventFormat {
  readonly name: string;
  /** Number of the event, in the first two bytes of each record. */
  readonly id: number;
  /** Fields behind the common ones, in the order of the kernel. */
  readonly fields: readonly FormatField[];
}

/** Size of the common fields: number of the event, flags, preemption count, thread. Every record begins with them. */
export const COMMON_BYTES = 8;
/** Records of the ring buffer are shorter than a sub-buffer, and offsets of dynamic fields have 16 bits. */
export const RECORD_BYTES_MAX = 65_536;
export const FIELDS_MAX = 512;
const TEXT_LENGTH_MAX = 1024 * 1024;

const COMMON: readonly Omit<FormatField, 'type' | 'length'>[] = [
  { name: 'common_type', offset: 0, size: 2, signed: false },
  { name: 'common_flags', offset: 2, size: 1, signed: false },
  { name: 'common_preempt_count', offset: 3, size: 1, signed: false },
  { name: 'common_pid', offset: 4, size: 4, signed: true },
];

const FIELD = /^\tfield:([^;]+);\toffset:(\d{1,9});\tsize:(\d{1,9});(?:\tsigned:([01]);)?$/;
const DECLARATION = /^(.*[^\w])([A-Za-z_]\w*)(?:\[([^\]]*)\])?$/;

/**
 * Parses the description of an event.
 *
 * @throws {KernelError} `BAD_FORMAT` for a description that does not describe records of the ring buffer
 */
export function parseEventFormat(text: string): EventFormat {
  if (text.length > TEXT_LENGTH_MAX) throw bad('the description is too long');
  const lines = text.split('\n');
  const name = /^name: (\S+)$/.exec(lines[0] ?? '')?.[1];
  const id = /^ID: (\d{1,5})$/.exec(lines[1] ?? '')?.[1];
  if (name === undefined || id === undefined || Number(id) > 0xffff) throw bad('it does not begin with name and ID');
  const fields: FormatField[] = [];
  for (const line of lines.slice(2)) {
    // The print format is long, and the last part.
    if (line.startsWith('print fmt')) break;
    if (line.startsWith('\tfield')) fields.push(fieldOf(line, name));
    if (fields.length > FIELDS_MAX) throw bad(`${name} has more than ${FIELDS_MAX} fields`);
  }
  for (const [idx, { name: common, ...place }] of COMMON.entries()) {
    const field = fields[idx];
    const isThere = field?.name === common && field.offset === place.offset && field.size === place.size;
    if (!isThere) throw bad(`${name} has no ${common} of ${place.size} bytes at byte ${place.offset}`);
  }
  const own = fields.slice(COMMON.length).filter(({ name: field }) => !field.startsWith('common_'));
  checkFields(own, name);
  return { name, id: Number(id), fields: own };
}

/** @throws {KernelError} `BAD_FORMAT` for fields outside of a record, or with one name */
export function checkFields(fields: readonly FormatField[], event: string): void {
  const names = new Set<string>();
  for (const { name, offset, size, length } of fields) {
    if (offset < COMMON_BYTES || offset + size > RECORD_BYTES_MAX)
      throw bad(`${event}: ${name} is outside of a record`);
    if (length !== undefined && (length === 0 || size % length !== 0)) {
      throw bad(`${event}: ${name} has ${length} elements in ${size} bytes`);
    }
    if (names.has(name)) throw bad(`${event} has two fields ${name}`);
    names.add(name);
  }
}

function fieldOf(line: string, event: string): FormatField {
  const [, declaration = '', offset, size, signed] = FIELD.exec(line) ?? [];
  const [, type = '', name, brackets] = DECLARATION.exec(declaration.trim()) ?? [];
  if (name === undefined || type.trim() === '')
    throw bad(`${event} has a field that is not understood: ${line.trim()}`);
  return {
    name,
    type: type.trim(),
    length: brackets === undefined ? undefined : lengthOf(brackets, type.trim(), Number(size)),
    offset: Number(offset),
    size: Number(size),
    signed: signed === '1',
  };
}

/** Elements of an array. Older kernels print the name of a constant in place of the number. */
function lengthOf(brackets: string, type: string, size: number): number {
  if (/^\d{1,6}$/.test(brackets)) return Number(brackets);
  return Math.floor(size / (bytesOfType(type) ?? 1));
}

/** Bytes of a type, for elements of arrays; undefined for a type that is not known. */
export function bytesOfType(type: string): number | undefined {
  if (type.includes('*')) return 8;
  const plain = type.replace(/\b(?:const|volatile|signed|unsigned)\b/g, '').trim();
  if (/^(?:char|bool|_Bool|(?:__)?[us]8|u?int8_t)$/.test(plain)) return 1;
  if (/^(?:short|(?:__)?[us]16|u?int16_t|__(?:be|le)16|umode_t)$/.test(plain)) return 2;
  if (/^(?:|int|(?:__)?[us]32|u?int32_t|__(?:be|le)32|pid_t|uid_t|gid_t|dev_t)$/.test(plain)) return 4;
  if (
    /^(?:long|long long|(?:__)?[us]64|u?int64_t|__(?:be|le)64|size_t|ssize_t|loff_t|sector_t|cpumask_t)$/.test(plain)
  ) {
    return 8;
  }
  return undefined;
}

function bad(reason: string): KernelError {
  return new KernelError('BAD_FORMAT', `an event format of the kernel is not understood: ${reason}`);
}
