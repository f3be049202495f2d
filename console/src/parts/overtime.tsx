import { amount, daysBetween, dollars, name } from "../format";
import type { Dimension, Group } from "../types";
import { Chart, type Series } from "./chart";
import type { Period } from "./period";

/** Groups that are drawn by themselves; the others are one. */
const DRAWN = 6;
/** A longer period is drawn by the month. */
const MOST_DAYS = 92;

export type Step = "day" | "month";

export function stepOf({ since, until }: Period): Step {
  return daysBetween(since, until).length > MOST_DAYS ? "month" : "day";
}

interface OverTimeProps {
  rows: Group[];
  by: Dimension;
  period: Period;
}

/** What groups cost in time, the dearest at the bottom; what is of unknown cost is not in it, and the title says so. */
export function OverTime({ rows, by, period }: OverTimeProps) {
  const step = stepOf(period);
  const slots = slotsOf(period, step);
  const known = rows.some((row) => row.unpriced) ? "Known dollars" : "Dollars";
  return (
    <Chart
      title={`${known} a ${step}, by ${by}`}
      x={slots.map((slot) => Date.parse(slot) / 1000)}
      xText={(at) => new Date(at * 1000).toISOString().slice(0, step === "day" ? 10 : 7)}
      text={dollars}
      series={drawn(costs(rows, by, step), slots)}
      kind="bars"
      money
      stacked
    />
  );
}

function slotsOf({ since, until }: Period, step: Step): string[] {
  const days = daysBetween(since, until);
  return step === "day" ? days : [...new Set(days.map((day) => day.slice(0, 7)))];
}

/** Dollars by group, and by day or month within. */
function costs(rows: Group[], by: Dimension, step: Step): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const [slot, cost] = [row[step], amount(row.cost_usd)];
    if (!slot || cost === null) continue;
    const group = found.get(name(row[by])) ?? new Map<string, number>();
    found.set(name(row[by]), group.set(slot, (group.get(slot) ?? 0) + cost));
  }
  return found;
}

function drawn(groups: Map<string, Map<string, number>>, slots: string[]): Series[] {
  const ranked = [...groups].sort(([, one], [, other]) => sum(other) - sum(one));
  const line = (parts: Map<string, number>[]) => slots.map((slot) => parts.reduce((all, part) => all + (part.get(slot) ?? 0), 0));
  const series = ranked.slice(0, DRAWN).map(([group, part], colour) => ({ name: group, values: line([part]), colour }));
  const others = ranked.slice(DRAWN).map(([, part]) => part);
  return others.length ? [...series, { name: `${others.length} others`, values: line(others), colour: DRAWN }] : series;
}

function sum(parts: Map<string, number>): number {
  return [...parts.values()].reduce((all, one) => all + one, 0);
}
