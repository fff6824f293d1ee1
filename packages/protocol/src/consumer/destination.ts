import { absolutePath } from '../model/names.ts';
import { type Shaped, variant } from '../wire/shape.ts';

/** Destination of packets: a directory today; the address of a relay daemon or of a queue later. */
export const destination = variant(
  'kind',
  { directory: { path: absolutePath } },
  'there is no destination of this kind',
);
export type Destination = Shaped<typeof destination>;

export function directoryAt(path: string): Destination {
  return { kind: 'directory', path };
}
