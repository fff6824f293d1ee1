import { absolutePath } from '../model/names.ts';
import { integer, type Shaped, variant } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';

/** Bound of process numbers and of the size of a ring: 32 bits with a sign. */
const ID_MAX = 2 ** 31 - 1;
/** Names of registered threads have the same bound. */
const PROCNAME_LENGTH_MAX = 255;

/** Source of packets: the ring of a JavaScript thread today; a buffer of the kernel or a ring of LTTng-UST later. */
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
  },
  'there is no source of this kind',
);
export type SourceDescription = Shaped<typeof source>;
