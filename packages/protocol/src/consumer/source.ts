import { absolutePath } from '../model/names.ts';
import { boolean, integer, type Shaped, variant } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';

/** Bound of process numbers and of the size of a ring: 32 bits with a sign. */
const ID_MAX = 2 ** 31 - 1;
/** Names of registered threads have the same bound. */
const PROCNAME_LENGTH_MAX = 255;

/** Number of a CPU. */
const CPU_MAX = 65_535;

/** Source of packets: the ring of a JavaScript thread, or the kernel's buffer of a CPU; a ring of LTTng-UST later. */
export const source = variant(
  'kind',
  {
    'thread-ring': {
      /** `/proc/<session daemon>/fd/<n>` */
      path: absolutePath,
      bytes: integer(1, ID_MAX),
      pid: integer(0, ID_MAX),
      tid: integer(0, ID_MAX),
      procname: foreignText(PROCNAME_LENGTH_MAX),
      /** Name of the program for people; empty where the source belongs to no program. */
      program: foreignText(PROCNAME_LENGTH_MAX),
    },
    'cpu-buffer': {
      /** Directory of the instance in tracefs. */
      instance: absolutePath,
      cpu: integer(0, CPU_MAX),
      /** Sizes of a sub-buffer, and of the buffer of this CPU. */
      subBufBytes: integer(1, ID_MAX),
      bytes: integer(1, Number.MAX_SAFE_INTEGER),
      /** Whether new events overwrite old ones. */
      overwrites: boolean,
    },
  },
  'there is no source of this kind',
);
export type SourceDescription = Shaped<typeof source>;
