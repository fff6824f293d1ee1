export const COMMON_FIELDS =
  'format:\n' +
  '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n' +
  '\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n' +
  '\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n' +
  '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n';

/** Description of an event as the kernel prints it. @param fields declarations with offset, size and sign */
export function formatText(name: string, id: number, fields: readonly string[]): string {
  const lines = fields.map((field) => `\tfield:${field}\n`).join('');
  return `name: ${name}\nID: ${id}\n${COMMON_FIELDS}${lines}\nprint fmt: "x=%d", REC->x\n`;
}
