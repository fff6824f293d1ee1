/** ISO 8601 basic format with the offset from UTC, as LTTng writes dates: `20261120T133354+0100`. */
export function basicDateTime(at: Date, offsetMinutes: number): string {
  const local = new Date(at.getTime() + offsetMinutes * 60_000).toISOString();
  const offset = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? '-' : '+';
  const hours = String(Math.floor(offset / 60)).padStart(2, '0');
  const minutes = String(offset % 60).padStart(2, '0');
  return `${local.slice(0, 19).replace(/[-:]/g, '')}${sign}${hours}${minutes}`;
}
