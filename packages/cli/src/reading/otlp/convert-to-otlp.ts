import { createHash } from 'node:crypto';
import { Telemetry } from '@ringtail/analyses';
import type { Message } from '@ringtail/ctf';
import type { Command } from 'commander';
import type { Context } from '../../context/context.ts';
import { outputFormatOf } from '../../options/common-options.ts';
import { plural } from '../../output/quantity.ts';
import { reportTo } from '../../output/report.ts';
import type { ConvertFormat } from '../convert-format.ts';
import { openOtlpOutput } from './open-otlp-output.ts';
import { OtlpBatches } from './otlp-batches.ts';
import type { OtlpOptions } from './otlp-options.ts';

/** Writes or sends the spans and logs of traces, as OpenTelemetry has them. */
export async function convertToOtlp(
  context: Context,
  command: Command,
  messages: Iterable<Message>,
  options: OtlpOptions & { readonly format: ConvertFormat; readonly output?: string },
): Promise<void> {
  const encoding = options.format === 'otlp' ? 'json' : 'protobuf';
  const { output, target } = openOtlpOutput(context, options, encoding);
  const batches = new OtlpBatches(output, encoding);
  try {
    const telemetry = new Telemetry({
      serviceName: options.serviceName,
      hash: (text) => createHash('sha256').update(text).digest('hex'),
      onSpan: (span) => batches.addSpan(span),
      onLog: (log) => batches.addLog(log),
    });
    for (const message of messages) {
      telemetry.see(message);
      if (batches.isFull) await batches.flush();
    }
    telemetry.finish();
    await batches.flush();
  } finally {
    output.close();
  }
  const { counts } = batches;
  reportTo(context, context.stdout, outputFormatOf(command), { target, ...counts }, () => {
    const refused = counts.rejected === 0 ? '' : `, of which ${plural(counts.rejected, 'was', 'were')} refused`;
    const verb = options.endpoint === undefined ? 'in' : 'sent to';
    return `${plural(counts.spans, 'span')} and ${plural(counts.logs, 'log')} ${verb} ${target}${refused}`;
  });
}
