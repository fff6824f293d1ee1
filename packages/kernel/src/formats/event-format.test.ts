import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelError } from '../kernel-error.ts';
import { COMMON_FIELDS, formatText } from '../testing/formats.test.support.ts';
import { parseEventFormat } from './event-format.ts';
import { recordFields } from './kernel-event.ts';

const SWITCH = formatText('sched_switch', 372, [
  'char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;',
  'pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;',
  'int prev_prio;\toffset:28;\tsize:4;\tsigned:1;',
  'long prev_state;\toffset:32;\tsize:8;\tsigned:1;',
]);

const fieldsOf = (system: string, ...lines: string[]) =>
  recordFields(system, parseEventFormat(formatText('e', 1, lines)));

describe('parseEventFormat', () => {
  it('reads name, number and fields', () => {
    expect(parseEventFormat(SWITCH)).toEqual({
      name: 'sched_switch',
      id: 372,
      fields: [
        { name: 'prev_comm', type: 'char', length: 16, offset: 8, size: 16, signed: false },
        { name: 'prev_pid', type: 'pid_t', length: undefined, offset: 24, size: 4, signed: true },
        { name: 'prev_prio', type: 'int', length: undefined, offset: 28, size: 4, signed: true },
        { name: 'prev_state', type: 'long', length: undefined, offset: 32, size: 8, signed: true },
      ],
    });
  });

  it('counts the elements of an array whose length is a name, as older kernels print it', () => {
    const text = formatText('e', 1, [
      'char comm[TASK_COMM_LEN];\toffset:8;\tsize:16;\tsigned:0;',
      'u32 args[N];\toffset:24;\tsize:12;\tsigned:0;',
    ]);
    expect(parseEventFormat(text).fields.map(({ length }) => length)).toEqual([16, 3]);
  });

  it.each([
    ['is empty', ''],
    ['has no number', 'name: e\nformat:\n'],
    ['has a number beyond 16 bits', SWITCH.replace('ID: 372', 'ID: 65536')],
    ['lacks the common fields', 'name: e\nID: 1\nformat:\n\tfield:int x;\toffset:0;\tsize:4;\tsigned:1;\n'],
    ['has other common fields', SWITCH.replace('common_pid;\toffset:4;\tsize:4', 'common_pid;\toffset:4;\tsize:8')],
    ['has a field among the common ones', formatText('e', 1, ['int x;\toffset:4;\tsize:4;\tsigned:1;'])],
    ['has a field beyond a record', formatText('e', 1, ['int x;\toffset:65534;\tsize:4;\tsigned:1;'])],
    ['has a field of a huge size', formatText('e', 1, ['char x[999999999];\toffset:8;\tsize:999999999;\tsigned:0;'])],
    ['has elements of uneven size', formatText('e', 1, ['int x[3];\toffset:8;\tsize:16;\tsigned:1;'])],
    ['has two fields of a name', formatText('e', 1, Array(2).fill('int x;\toffset:8;\tsize:4;\tsigned:1;'))],
    ['has a field without a name', formatText('e', 1, ['int;\toffset:8;\tsize:4;\tsigned:1;'])],
    ['has a field that is no declaration', formatText('e', 1, ['int x";\toffset:8;\tsize:4;\tsigned:1;'])],
    ['has too many fields', formatText('e', 1, Array(600).fill('int x;\toffset:8;\tsize:4;\tsigned:1;'))],
    ['is too long', `${SWITCH}${' '.repeat(2 * 1024 * 1024)}`],
  ])('refuses a description that %s', (_, text) => {
    expect(() => parseEventFormat(text)).toThrowError(expect.objectContaining({ code: 'BAD_FORMAT' }));
  });

  it('throws nothing but its own errors, whatever the text', () => {
    const piece = fc.constantFrom(
      '\tfield:',
      'int',
      ' x',
      '[',
      ']',
      ';\toffset:',
      '8',
      ';\tsize:',
      '4',
      ';\n',
      'name: e\n',
      'ID: 1\n',
    );
    const text = fc.tuple(fc.constantFrom('', `name: e\nID: 1\n${COMMON_FIELDS}`), fc.array(piece, { maxLength: 60 }));
    fc.assert(
      fc.property(text, ([start, pieces]) => {
        try {
          parseEventFormat(start + pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(KernelError);
        }
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});

describe('recordFields', () => {
  it('puts fields with a fixed place before the others', () => {
    const fields = fieldsOf(
      'x',
      '__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;',
      'int flags;\toffset:12;\tsize:4;\tsigned:1;',
    );
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['flags', 'integer'],
      ['filename', 'string'],
    ]);
  });

  it.each([
    ['int dfd', { bytes: 4, signed: true, base: 10 }],
    ['unsigned int fd', { bytes: 4, signed: false, base: 10 }],
    ['umode_t mode', { bytes: 2, signed: false, base: 10 }],
    ['const char * filename', { bytes: 8, signed: false, base: 16 }],
    ['size_t count', { bytes: 8, signed: false, base: 10 }],
    ['loff_t pos', { bytes: 8, signed: true, base: 10 }],
    ['pid_t pid', { bytes: 4, signed: true, base: 10 }],
    ['const int x', { bytes: 4, signed: true, base: 10 }],
    ['enum landlock_rule_type rule', { bytes: 4, signed: false, base: 10 }],
    ['long ret', { bytes: 8, signed: true, base: 10 }],
  ])('narrows the argument "%s" of a system call to its type', (declaration, shape) => {
    const [field] = fieldsOf('syscalls', `${declaration};\toffset:16;\tsize:8;\tsigned:0;`);
    expect(field).toMatchObject({ kind: 'integer', offset: 16, shape });
  });

  it('narrows nothing in other events', () => {
    const [field] = fieldsOf('x', 'int x;\toffset:16;\tsize:8;\tsigned:1;');
    expect(field).toMatchObject({ shape: { bytes: 8, signed: true } });
  });

  it('keeps the name of a field whose LTTng name another field has', () => {
    const fields = fieldsOf(
      'sched',
      'int pid;\toffset:8;\tsize:4;\tsigned:1;',
      'int tid;\toffset:12;\tsize:4;\tsigned:1;',
    );
    expect(fields.map(({ name }) => name)).toEqual(['pid', 'tid']);
  });
});
