import type { DataStream } from '@ringtail/ctf';
import type { EventIdentity } from './attributes.ts';
import { processKey } from './telemetry-keys.ts';
import type { AttributeValue, TelemetryResource } from './telemetry-records.ts';

/** Processes whose resource is remembered; beyond, the oldest is made anew when it is needed. */
const RESOURCES_MAX = 1000;
/** The title of programs that set none. */
const NODE = 'node';

/** The processes of traces. */
export class Resources {
  readonly #serviceName: string | undefined;
  readonly #known = new Map<string, TelemetryResource>();

  constructor(serviceName: string | undefined) {
    this.#serviceName = serviceName;
  }

  of(stream: DataStream, identity: EventIdentity): TelemetryResource {
    const key = `${processKey(stream, identity)}/${identity.procname ?? ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const resource = { attributes: this.#attributesOf(stream, identity) };
    this.#known.set(key, resource);
    if (this.#known.size > RESOURCES_MAX) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest!);
    }
    return resource;
  }

  #attributesOf({ trace }: DataStream, { pid, procname }: EventIdentity): Record<string, AttributeValue> {
    const { environment } = trace.class;
    const title = typeof procname === 'string' ? procname : undefined;
    const hostname = environment.get('hostname');
    return {
      'service.name': this.#serviceName ?? (title === undefined || title === NODE ? `unknown_service:${NODE}` : title),
      ...(pid !== undefined && { 'process.pid': pid }),
      ...(title !== undefined && { 'process.executable.name': title }),
      ...(typeof hostname === 'string' && { 'host.name': hostname }),
      'telemetry.sdk.name': String(environment.get('tracer_name') ?? 'ringtail'),
      'telemetry.sdk.language': 'nodejs',
    };
  }
}
