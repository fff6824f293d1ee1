import { ChromeWriter, Timeline } from '@ringtail/analyses';
import { RINGTAIL_VERSION } from '@ringtail/base';
import { type TraceReader, visitEvents } from '@ringtail/reader';
import type { Context } from '../../context/context.ts';
import type { ConvertFormat } from '../convert-format.ts';
import { Output } from '../output.ts';

const TIMELINE_FORMATS = ['chrome'] as const satisfies readonly ConvertFormat[];
type TimelineFormat = (typeof TIMELINE_FORMATS)[number];

export function isTimelineFormat(format: ConvertFormat): format is TimelineFormat {
  return (TIMELINE_FORMATS as readonly string[]).includes(format);
}

/**
 * Writes traces as a timeline for a viewer.
 *
 * @param path undefined for standard output
 * @throws {CliError} `OUTPUT_NOT_WRITABLE`
 */
export function convertToTimeline(
  context: Context,
  reader: TraceReader,
  _format: TimelineFormat,
  path: string | undefined,
): void {
  const output = new Output(context, path);
  try {
    const timeline = new Timeline(new ChromeWriter((text) => output.write(text), `ringtail ${RINGTAIL_VERSION}`));
    visitEvents(reader, (of, stream) => timeline.see(of, stream), { onLoss: (loss) => timeline.seeLoss(loss) });
    timeline.finish();
  } finally {
    output.close();
  }
}
