const PRIME = 0x0100_0193;

/** A number of 64 bits for the name of a flow: equal names have equal numbers. */
export interface FlowNumber {
  readonly high: number;
  readonly low: number;
}

export function flowNumber(flow: string): FlowNumber {
  let low = 0x811c_9dc5;
  let high = 0x9e37_79b9;
  for (let i = 0; i < flow.length; i++) {
    const unit = flow.charCodeAt(i);
    low = Math.imul(low ^ unit, PRIME);
    high = Math.imul(high ^ (unit + i), PRIME) ^ (low >>> 15);
  }
  return { high: high >>> 0, low: low >>> 0 };
}
