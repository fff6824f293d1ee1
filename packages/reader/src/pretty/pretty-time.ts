import type { Instant } from '@ringtail/ctf';

const NS_PER_S = 1_000_000_000n;

/** Formats times of day, in UTC or in the local time zone. */
export class TimeFormat {
  readonly #utc: boolean;
  readonly #warn: (line: string) => void;
  #second = Number.NaN;
  #secondText = '';
  #hasWarned = false;

  /** @param warn takes the remark that times before the origin cannot be shown as times of day */
  constructor(utc: boolean, warn: (line: string) => void) {
    this.#utc = utc;
    this.#warn = warn;
  }

  /** `HH:MM:SS.nnnnnnnnn` */
  timeOfDay({ seconds, nanoseconds }: Instant): string {
    if (seconds < 0) return this.#beforeOrigin(seconds, nanoseconds);
    return `${this.#ofSecond(seconds)}.${nineDigits(nanoseconds)}`;
  }

  #ofSecond(seconds: number): string {
    if (seconds !== this.#second) {
      this.#second = seconds;
      this.#secondText = this.#utc ? utcText(seconds) : localText(seconds);
    }
    return this.#secondText;
  }

  /** The first such time is shown in seconds and with a warning; of further ones only the amount is. */
  #beforeOrigin(seconds: number, nanoseconds: number): string {
    const ns = -(BigInt(seconds) * NS_PER_S + BigInt(nanoseconds));
    const fraction = nineDigits(Number(ns % NS_PER_S));
    if (this.#hasWarned) return `${this.#ofSecond(Number(ns / NS_PER_S))}.${fraction}`;
    this.#hasWarned = true;
    this.#warn('[warning] Fallback to [sec.ns] to print negative time value. Use --clock-seconds.\n');
    return `-${ns / NS_PER_S}.${fraction}`;
  }
}

/** `+D.ddddddddd`, from one time to a later one. */
export function deltaText(from: Instant, to: Instant): string {
  let seconds = to.seconds - from.seconds;
  let nanoseconds = to.nanoseconds - from.nanoseconds;
  if (nanoseconds < 0) {
    seconds -= 1;
    nanoseconds += 1e9;
  }
  if (seconds >= 0) return `+${seconds}.${nineDigits(nanoseconds)}`;
  // Time went back: the difference is shown as the unsigned number that it is elsewhere.
  const ns = BigInt.asUintN(64, BigInt(seconds) * NS_PER_S + BigInt(nanoseconds));
  return `+${ns / NS_PER_S}.${nineDigits(Number(ns % NS_PER_S))}`;
}

function nineDigits(nanoseconds: number): string {
  return String(nanoseconds).padStart(9, '0');
}

function utcText(seconds: number): string {
  return hms(Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60);
}

function localText(seconds: number): string {
  const date = new Date(seconds * 1000);
  // Beyond the year 275760 there are no dates.
  if (Number.isNaN(date.getTime())) return utcText(seconds);
  return hms(date.getHours(), date.getMinutes(), date.getSeconds());
}

function hms(hours: number, minutes: number, seconds: number): string {
  return [hours, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':');
}
