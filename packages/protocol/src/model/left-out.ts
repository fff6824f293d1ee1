/** Codes that end a sentence about a program that is not recorded, or not to its end. */
const CODES =
  /\((?:NO_TRACER|TRACER_STOPPED|REFUSED|SHARE_USED_UP|UNREGISTERED|DESCRIPTORS_CLOSED|NO_RING|RING_LOST)\)$/;

/** Whether a trouble says that a program is not recorded, or not to its end. */
export function isAboutProgramLeftOut(trouble: string): boolean {
  return CODES.test(trouble);
}
