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
import { headerText } from './header-text.ts';
import { type FieldText, type FieldTextContext, fieldText, isShown } from './pretty-fields.ts';
import { colored, type PrettyStyle } from './pretty-style.ts';

/** A scope of fields as it is printed. */
export interface ScopeText {
  readonly scope: FieldScope;
  readonly root: StructureFieldClass;
  /** Text before it: `event.fields = `, or nothing. */
  readonly label: string;
  readonly context: FieldTextContext;
}

interface CompiledScope {
  readonly label: string;
  readonly text: FieldText;
}

interface EventRecordText {
  /** Text between the time and the fields: `host name: ` */
  readonly header: string;
  readonly specificContext: CompiledScope | undefined;
  readonly payload: CompiledScope | undefined;
}

/** Prints the events of one data stream, all but their time. */
export class EventLine {
  readonly #stream: DataStream;
  readonly #style: PrettyStyle;
  readonly #packetContext: CompiledScope | undefined;
  readonly #commonContext: CompiledScope | undefined;
  readonly #eventRecords = new Map<EventRecordClass, EventRecordText>();
  #packet: PacketFields | undefined;
  #packetText = '';

  constructor(stream: DataStream, style: PrettyStyle) {
    this.#stream = stream;
    this.#style = style;
    this.#packetContext = this.#compile('packet-context', stream.class.packetContext);
    this.#commonContext = this.#compile('event-record-common-context', stream.class.eventRecordCommonContext);
  }

  /** From the host name to the end of the line. */
  text(event: EventMessage): string {
    const record = this.#eventRecords.get(event.class) ?? this.#compileRecord(event.class);
    let separator = '';
    let line = record.header;
    const add = (scope: CompiledScope | undefined, value: StructureValue | undefined) => {
      if (scope === undefined) return;
      line += separator + scope.label + scope.text(value!);
      separator = ', ';
    };
    if (this.#packetContext !== undefined) {
      line += this.packetText(event.packet);
      separator = ', ';
    }
    add(this.#commonContext, event.commonContext);
    add(record.specificContext, event.specificContext);
    add(record.payload, event.payload);
    return `${line}\n`;
  }

  /** The packet context, which is the same for every event of a packet. Empty where none is shown. */
  packetText(packet: PacketFields): string {
    if (this.#packetContext === undefined) return '';
    if (packet !== this.#packet) {
      this.#packet = packet;
      this.#packetText = this.#packetContext.label + this.#packetContext.text(packet.context!);
    }
    return this.#packetText;
  }

  /** How a scope is printed; undefined if it is not. */
  scope(scope: FieldScope, root: StructureFieldClass | undefined, own: readonly Links[] = []): ScopeText | undefined {
    if (root === undefined) return undefined;
    const { names, palette } = this.#style;
    const context = {
      links: [...own, this.#stream.links.common],
      names: scope === 'event-record-payload' ? names.payload : names.context,
      palette,
    };
    if (!isShown(root, scope, context)) return undefined;
    const label = names.scope ? `${colored(SCOPE_NAMES[scope] ?? scope, palette.name, palette)} = ` : '';
    return { scope, root, label, context };
  }

  #compileRecord(eventRecordClass: EventRecordClass): EventRecordText {
    const own = [this.#stream.links.eventRecordClasses.get(eventRecordClass)!];
    const record = {
      header: headerText(this.#stream, eventRecordClass, this.#style),
      specificContext: this.#compile('event-record-specific-context', eventRecordClass.specificContext, own),
      payload: this.#compile('event-record-payload', eventRecordClass.payload, own),
    };
    this.#eventRecords.set(eventRecordClass, record);
    return record;
  }

  #compile(scope: FieldScope, root: StructureFieldClass | undefined, own: readonly Links[] = []) {
    const shown = this.scope(scope, root, own);
    if (shown === undefined) return undefined;
    return { label: shown.label, text: fieldText(shown.root, scope, shown.context)! };
  }
}

const SCOPE_NAMES: Readonly<Partial<Record<FieldScope, string>>> = {
  'packet-context': 'stream.packet.context',
  'event-record-common-context': 'stream.event.context',
  'event-record-specific-context': 'event.context',
  'event-record-payload': 'event.fields',
};
