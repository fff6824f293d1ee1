import type {
  DataStream,
  EventMessage,
  EventRecordClass,
  FieldScope,
  PacketFields,
  StructureFieldClass,
  StructureValue,
} from '@ringtail/ctf';
import type { Links } from '@ringtail/ctf/internal';
import { type FieldText, fieldText } from './pretty-fields.ts';

interface EventRecordText {
  /** What stands before the fields: `host name: ` */
  readonly prefix: string;
  readonly specificContext: FieldText | undefined;
  readonly payload: FieldText | undefined;
}

/** Prints the events of one data stream, all but their time. */
export class EventLine {
  readonly #stream: DataStream;
  readonly #host: string;
  readonly #packetContext: FieldText | undefined;
  readonly #commonContext: FieldText | undefined;
  readonly #eventRecords = new Map<EventRecordClass, EventRecordText>();
  #packet: PacketFields | undefined;
  #packetText = '';

  constructor(stream: DataStream) {
    this.#stream = stream;
    this.#host = hostText(stream);
    this.#packetContext = this.#compile('packet-context', stream.class.packetContext);
    this.#commonContext = this.#compile('event-record-common-context', stream.class.eventRecordCommonContext);
  }

  /** From the host name to the end of the line. */
  text(event: EventMessage): string {
    const record = this.#eventRecords.get(event.class) ?? this.#compileRecord(event.class);
    let separator = '';
    let line = record.prefix;
    const add = (field: string) => {
      line += separator + field;
      separator = ', ';
    };
    if (this.#packetContext !== undefined) add(this.#textOfPacket(this.#packetContext, event.packet));
    if (this.#commonContext !== undefined) add(this.#commonContext(event.commonContext!));
    if (record.specificContext !== undefined) add(record.specificContext(event.specificContext!));
    if (record.payload !== undefined) add(record.payload(event.payload!));
    return `${line}\n`;
  }

  /** The same for every event of a packet. */
  #textOfPacket(text: FieldText, packet: PacketFields): string {
    if (packet !== this.#packet) {
      this.#packet = packet;
      this.#packetText = text(packet.context as StructureValue);
    }
    return this.#packetText;
  }

  #compileRecord(eventRecordClass: EventRecordClass): EventRecordText {
    const own = [this.#stream.links.eventRecordClasses.get(eventRecordClass)!];
    const record = {
      prefix: `${this.#host}${eventRecordClass.name || '<unknown>'}: `,
      specificContext: this.#compile('event-record-specific-context', eventRecordClass.specificContext, own),
      payload: this.#compile('event-record-payload', eventRecordClass.payload, own),
    };
    this.#eventRecords.set(eventRecordClass, record);
    return record;
  }

  #compile(scope: FieldScope, root: StructureFieldClass | undefined, own: readonly Links[] = []) {
    const hideFormatFields = this.#stream.trace.class.version.major === 1;
    return root && fieldText(root, scope, { links: [...own, this.#stream.links.common], hideFormatFields });
  }
}

/** `hostname:procname:(vpid) `, as far as the trace's environment tells. */
function hostText({ trace }: DataStream): string {
  const { environment } = trace.class;
  const hostname = environment.get('hostname');
  const procname = environment.get('procname');
  const vpid = environment.get('vpid');
  const parts: string[] = [];
  if (typeof hostname === 'string') parts.push(hostname);
  if (typeof procname === 'string') parts.push(procname);
  if (typeof vpid === 'bigint') parts.push(`(${vpid})`);
  return parts.length === 0 ? '' : `${parts.join(':')} `;
}
