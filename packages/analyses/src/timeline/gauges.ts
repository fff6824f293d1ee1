import type { EventFields } from '../findings/event-fields.ts';
import { numberOf } from '../findings/event-fields.ts';
import type { GaugeUnit } from './timeline-records.ts';

/** A quantity that an event reports. `valueIn` has the fields of the event, and those of the one before. */
interface GaugeClass {
  readonly name: string;
  readonly unit: GaugeUnit;
  /** @returns undefined if the event alone says nothing */
  valueIn(fields: EventFields, nsSinceLast: number, last: EventFields | undefined): number | undefined;
}

const MEMORY = ['rss', 'heap_total', 'heap_used', 'external', 'array_buffers'];

/** Quantities of the runtime's events. */
const GAUGES: Readonly<Record<string, readonly GaugeClass[]>> = {
  'node_process:sample': [
    ...MEMORY.map(
      (name): GaugeClass => ({ name: `memory ${name}`, unit: 'bytes', valueIn: (fields) => numberOf(fields, name) }),
    ),
    {
      name: 'CPU',
      unit: 'percent',
      valueIn: (fields, nsSinceLast, last) => {
        if (last === undefined || nsSinceLast <= 0) return undefined;
        const ns = (of: EventFields) => numberOf(of, 'cpu_user_ns') + numberOf(of, 'cpu_system_ns');
        return (100 * (ns(fields) - ns(last))) / nsSinceLast;
      },
    },
  ],
  'node_eventloop:utilization': [
    {
      name: 'event loop utilization',
      unit: 'percent',
      valueIn: (fields) => {
        const active = numberOf(fields, 'active_ns');
        const ns = active + numberOf(fields, 'idle_ns');
        return ns > 0 ? (100 * active) / ns : undefined;
      },
    },
  ],
};

/** @returns undefined for an event that reports no quantities */
export function gaugesOf(eventName: string): readonly GaugeClass[] | undefined {
  return Object.hasOwn(GAUGES, eventName) ? GAUGES[eventName] : undefined;
}
