import { plural } from '../output/quantity.ts';

/**
 * Numbers of lost events and packets: `5 events, 1 packet, an unknown number in 2 places`. Empty without losses.
 *
 * @param unknownCount number of reports that do not contain a number
 */
export function lossesText(events: bigint, packets: bigint, unknownCount: number): string {
  return [
    ...(events > 0n ? [plural(Number(events), 'event')] : []),
    ...(packets > 0n ? [plural(Number(packets), 'packet')] : []),
    ...(unknownCount > 0 ? [`an unknown number in ${plural(unknownCount, 'place')}`] : []),
  ].join(', ');
}
