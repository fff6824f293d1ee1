import { parseFilter } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { type FormatField, parseEventFormat } from '../formats/event-format.ts';
import { kernelEvent } from '../formats/kernel-event.ts';
import { KernelError } from '../kernel-error.ts';
import { kernelFilterOf } from './kernel-filter.ts';

const COMMON = `\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;
`;
type Described = Pick<FormatField, 'name' | 'size'> & { readonly declared: string; readonly signed: 0 | 1 };

function formatOf(fields: readonly Described[]) {
  let offset = 8;
  const lines = fields.map(({ declared, size, signed }) => {
    const line = `\tfield:${declared};\toffset:${offset};\tsize:${size};\tsigned:${signed};`;
    offset += size;
    return line;
  });
  return parseEventFormat(`name: x\nID: 300\nformat:\n${COMMON}\n${lines.join('\n')}\n\nprint fmt: ""\n`);
}

const SWITCH = {
  event: kernelEvent('sched', 'sched_switch'),
  format: formatOf([
    { name: 'prev_comm', declared: 'char prev_comm[16]', size: 16, signed: 0 },
    { name: 'prev_pid', declared: 'pid_t prev_pid', size: 4, signed: 1 },
    { name: 'prev_prio', declared: 'int prev_prio', size: 4, signed: 1 },
    { name: 'prev_state', declared: 'unsigned long prev_state', size: 8, signed: 0 },
  ]),
};
const OPENAT = {
  event: kernelEvent('syscalls', 'sys_enter_openat'),
  format: formatOf([
    { name: '__syscall_nr', declared: 'int __syscall_nr', size: 8, signed: 1 },
    { name: 'dfd', declared: 'int dfd', size: 8, signed: 0 },
    { name: 'filename', declared: 'const char * filename', size: 8, signed: 0 },
    { name: 'count', declared: 'size_t count', size: 8, signed: 0 },
  ]),
};

const translated = (filter: string, { event, format } = SWITCH) => kernelFilterOf(parseFilter(filter), event, format);

describe('a filter for an event of the kernel', () => {
  it.each([
    ['prev_tid == 5', 'prev_pid == 5'],
    ['5 < prev_tid', 'prev_pid > 5'],
    ['prev_tid == -1', 'prev_pid == -1'],
    ['prev_prio >= 20', 'prev_prio >= 120'],
    ['prev_state != 0x40', 'prev_state != 64'],
    ['prev_comm == "dd"', 'prev_comm == "dd"'],
    ['prev_comm == "kwork*"', 'prev_comm ~ "kwork*"'],
    ['prev_comm != "*/0"', '!(prev_comm ~ "*/0")'],
    [
      'prev_tid == 1 && !(prev_state == 0 || prev_tid > 7)',
      '(prev_pid == 1) && (!((prev_state == 0) || (prev_pid > 7)))',
    ],
    [
      '$ctx.tid == 3 || $ctx.procname == "sh" || $ctx.cpu_id == 0',
      '((common_pid == 3) || (COMM == "sh")) || (CPU == 0)',
    ],
  ])('%s is %s', (filter, text) => {
    expect(translated(filter)).toEqual({ kind: 'filter', text });
  });

  it('compares the text behind a pointer, and whole registers', () => {
    expect(translated('filename == "/etc/*"', OPENAT)).toEqual({ kind: 'filter', text: 'filename ~ "/etc/*"' });
    expect(translated('count > 4096', OPENAT)).toEqual({ kind: 'filter', text: 'count > 4096' });
  });

  it('names a field that the event lacks', () => {
    expect(translated('next_tid == 1')).toEqual({ kind: 'lacks', field: 'next_tid' });
    expect(translated('__syscall_nr == 1', OPENAT)).toEqual({ kind: 'lacks', field: '__syscall_nr' });
  });

  it.each([
    ['prev_tid', 'it needs comparisons'],
    ['prev_tid == prev_prio', 'it compares fields with constants (column 10)'],
    ['(prev_tid & 1) == 1', 'it compares fields with constants'],
    ['prev_tid & 1', 'it has no operator &'],
    ['prev_tid == 1.5', 'it compares fields with constants'],
    ['prev_tid == 4294967296', '4294967296 is no value of the field'],
    ['prev_state < -1', '-1 is no value of the field'],
    ['prev_comm > "a"', 'it has no order of texts'],
    ['prev_comm == "a?"', 'it cannot compare "a?"'],
    ['prev_comm == 1', 'prev_comm is not an integer'],
    ['prev_tid == "1"', 'prev_pid is not a text'],
    ['$ctx.prio == 1', 'it knows only the contexts tid, cpu_id, procname'],
    ['$app.shop:user == 1', 'it knows only the contexts'],
  ])('refuses %s, which it cannot evaluate', (filter, reason) => {
    expect(() => translated(filter)).toThrow(KernelError);
    expect(() => translated(filter)).toThrow(reason);
  });

  it('refuses an argument that is narrower than its register', () => {
    expect(() => translated('dfd == 3', OPENAT)).toThrow('dfd is not an integer');
  });
});
