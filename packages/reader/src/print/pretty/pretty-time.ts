import { type Instant, isBefore, NS_PER_S, nanosecondsOf } from '@ringtail/base';
import { durationText, nineDigits } from '../../duration-text.ts';

/** How points in time are printed. */
export interface TimeStyle {
  /** In UTC instead of the local time zone. */
  readonly utc?: boolean | undefined;
  /** With the date before the time of day. */
  readonly date?: boolean | undefined;
  /** In seconds since the origin instead of times of day. */
  readonly seconds?: boolean | undefined;
}

/** Formats times of day, in UTC or in the local time zone, or seconds since the origin. */
export class TimeFormat {
  readonly #style: TimeStyle;
  readonly #warn: (line: string) => void;
  #second = Number.NaN;
  #secondText = '';
  #hasWarned = false;

  /** @param warn receives the warning that times before the origin cannot be shown as times of day */
  constructor(style: TimeStyle, warn: (line: string) => void) {
    this.#style = style;
    this.#warn = warn;
  }

  /** `HH:MM:SS.nnnnnnnnn` */
  text({ seconds, nanoseconds }: Instant): string {
    if (seconds < 0) return this.#beforeOrigin(seconds, nanoseconds);
    return `${this.ofSecond(seconds)}.${nineDigits(nanoseconds)}`;
  }

  /** Text before the point, for 0 seconds or more. */
  ofSecond(seconds: number): string {
    if (seconds !== this.#second) {
      this.#second = seconds;
      this.#secondText = this.#textOfSecond(seconds);
    }
    return this.#secondText;
  }

  #textOfSecond(seconds: number): string {
    if (this.#style.seconds) return String(seconds);
    const { date, time } = this.#style.utc ? utcParts(seconds) : localParts(seconds);
    return this.#style.date ? `${date} ${time}` : time;
  }

  /** The first such time is shown in seconds, with a sign and a warning. Further ones are shown without a sign. */
  #beforeOrigin(seconds: number, nanoseconds: number): string {
    const ns = -nanosecondsOf({ seconds, nanoseconds });
    const fraction = nineDigits(Number(ns % NS_PER_S));
    if (!this.#style.seconds) {
      if (this.#hasWarned) return `${this.ofSecond(Number(ns / NS_PER_S))}.${fraction}`;
      this.#hasWarned = true;
      this.#warn('[warning] Fallback to [sec.ns] to print negative time value. Use --clock-seconds.\n');
    }
    return `-${ns / NS_PER_S}.${fraction}`;
  }
}

/**
 * `+D.ddddddddd`, from one time to another; `-` where the other is earlier, question marks where there is none before.
 */
export function deltaText(from: Instant | undefined, to: Instant): string {
  if (from === undefined) return '+?.?????????';
  if (isBefore(to, from)) return `-${durationText(to, from)}`;
  return `+${durationText(from, to)}`;
}

/** Values of a clock: all digits that 64 bits may have. */
export function cyclesText(cycles: bigint): string {
  return String(cycles).padStart(20, '0');
}

/**
 * `+dddddddddddd`, from one clock value to another; `-` where the other is less, question marks where there is none
 * before.
 */
export function cyclesDeltaText(from: bigint | undefined, to: bigint): string {
  if (from === undefined) return '+????????????';
  return `${to < from ? '-' : '+'}${String(to < from ? from - to : to - from).padStart(12, '0')}`;
}

function utcParts(seconds: number): { date: string; time: string } {
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const time = hms(Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60);
  return { date: civilDate(days), time };
}

function localParts(seconds: number): { date: string; time: string } {
  const date = new Date(seconds * 1000);
  // Beyond the year 275760 there are no dates.
  if (Number.isNaN(date.getTime())) return utcParts(seconds);
  return {
    date: ymd(date.getFullYear(), date.getMonth() + 1, date.getDate()),
    time: hms(date.getHours(), date.getMinutes(), date.getSeconds()),
  };
}

const DAYS_PER_ERA = 146_097;

/** The date a number of days after 1970-01-01, of any year: counted in eras of 400 years that begin in March. */
function civilDate(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return ymd(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
}

function ymd(year: number, month: number, day: number): string {
  return [year, month, day].map((part) => String(part).padStart(2, '0')).join('-');
}

function hms(hours: number, minutes: number, seconds: number): string {
  return [hours, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':');
}
