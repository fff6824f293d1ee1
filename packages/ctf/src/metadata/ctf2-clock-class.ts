import type { ClockClass } from '../model/trace-class.ts';
import type { JsonObject } from './ctf2-json.ts';
import { type Ctf2Reader, IDENTITY } from './ctf2-reader.ts';

/** Reads a clock class fragment. */
export function ctf2ClockClass(reader: Ctf2Reader, node: JsonObject): ClockClass {
  const properties = ['id', ...IDENTITY, 'frequency', 'origin', 'offset-from-origin', 'precision', 'accuracy'];
  const object = reader.object(node, ['type', 'description', ...properties]);
  const name = reader.string(reader.required(object, 'id'));
  const frequencyNode = reader.required(object, 'frequency');
  const frequency = reader.unsigned(frequencyNode);
  if (frequency === 0n) throw reader.error('the frequency of a clock is not zero', frequencyNode);
  const description = reader.optionalString(object, 'description');
  const precision = reader.optionalUnsigned(object, 'precision');
  const accuracy = reader.optionalUnsigned(object, 'accuracy');
  return {
    name,
    ...identityOf(reader, object, name),
    ...(description !== undefined && { description }),
    frequency,
    ...offsetOf(reader, object, frequency),
    ...(precision !== undefined && { precision }),
    ...(accuracy !== undefined && { accuracy }),
    ...originOf(reader, object),
    ...reader.attributed(object),
  };
}

/** Mostly a clock has its identifier as its name, and a UUID. */
function identityOf(reader: Ctf2Reader, object: JsonObject, id: string): Pick<ClockClass, 'identity' | 'uuid'> {
  const identity = reader.identity(object);
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(identity.uid ?? '');
  const isUsual = identity.namespace === undefined && identity.name === id && (isUuid || identity.uid === undefined);
  return {
    ...(!isUsual && Object.keys(identity).length > 0 && { identity }),
    ...(isUuid && { uuid: identity.uid!.toLowerCase() }),
  };
}

function offsetOf(
  reader: Ctf2Reader,
  object: JsonObject,
  frequency: bigint,
): Pick<ClockClass, 'offsetSeconds' | 'offsetCycles'> {
  const node = object.members.get('offset-from-origin');
  if (node === undefined) return { offsetSeconds: 0n, offsetCycles: 0n };
  const offset = reader.bareObject(node, ['seconds', 'cycles']);
  const secondsNode = offset.members.get('seconds');
  const cycles = reader.optionalUnsigned(offset, 'cycles') ?? 0n;
  if (cycles >= frequency) throw reader.error('the cycles of an offset are less than a second', node);
  return { offsetSeconds: secondsNode === undefined ? 0n : reader.integer(secondsNode), offsetCycles: cycles };
}

function originOf(reader: Ctf2Reader, object: JsonObject): Pick<ClockClass, 'origin' | 'originIsUnixEpoch'> {
  const node = object.members.get('origin');
  if (node === undefined) return { originIsUnixEpoch: false };
  if (node.kind === 'string') {
    reader.word(node, ['unix-epoch']);
    return { originIsUnixEpoch: true };
  }
  const origin = reader.bareObject(node, IDENTITY);
  reader.required(origin, 'name');
  reader.required(origin, 'uid');
  return { originIsUnixEpoch: false, origin: reader.identity(origin) };
}
