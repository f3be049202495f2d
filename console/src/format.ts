import type { Instant, Usd } from "./types";

/** Numbers as people read them, each with its unit; what is unknown says so. */

export const UNKNOWN = "unknown";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const cents = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const small = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumSignificantDigits: 3 });
const brief = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  notation: "compact",
  maximumFractionDigits: 1,
});
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** For sums on screen and charts; what is kept exact is the text. */
export function amount(money: Usd | undefined): number | null {
  return money === null || money === undefined ? null : Number(money);
}

export function dollars(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === 0) return "$0";
  if (Math.abs(value) < 1) return small.format(value);
  return Math.abs(value) < 1_000_000 ? cents.format(value) : brief.format(value);
}

export function usd(money: Usd | undefined): string {
  return dollars(amount(money));
}

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return Math.abs(value) < 1_000_000 ? whole.format(value) : short.format(value);
}

/** A number beside an axis, where there is little room. */
export function tick(value: number): string {
  return compact.format(value);
}

export function rate(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value === 0 || value >= 100 ? whole.format(value) : value.toPrecision(value < 1 ? 2 : 3);
}

export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined ? UNKNOWN : `${(100 * share).toFixed(digits)} %`;
}

export function quality(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : value.toFixed(3);
}

export function when(at: Instant | null | undefined): string {
  return at ? dayAndTime.format(new Date(at)) : "–";
}

export function time(at: Instant | Date): string {
  return clock.format(new Date(at));
}

export function name(value: string | null | undefined): string {
  return value || "(none)";
}

/** `self_hosted` as it is said. */
export function words(value: string): string {
  return value.replaceAll("_", " ");
}

/** The day, UTC, some days before today. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

/** Every day from one to another, both included. */
export function daysBetween(since: string, until: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(since); at <= Date.parse(until); at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}
