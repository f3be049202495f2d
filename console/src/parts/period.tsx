import { daysAgo } from "../format";
import { Choice, Input } from "./form";

export interface Period {
  since: string;
  until: string;
}

const DAYS = [7, 30, 90, 365];

/** The period that an address names: its last days, or as many as usual. */
export function period(query: Record<string, string>, usual = 30): Period {
  return { since: query["since"] ?? daysAgo(Number(query["days"] ?? usual) - 1), until: query["until"] ?? daysAgo(0) };
}

interface PeriodProps {
  query: Record<string, string>;
  usual?: number;
  onChange: (changed: { days: string | null; since: string | null; until: string | null }) => void;
}

export function PeriodChoice({ query, usual = 30, onChange }: PeriodProps) {
  const own = "since" in query || "until" in query;
  const { since, until } = period(query, usual);
  const chosen = (value: string) =>
    value === "own" ? onChange({ days: null, since, until }) : onChange({ days: value, since: null, until: null });
  const options = [...DAYS.map((days) => [String(days), `last ${days} days`] as const), ["own", "from … to …"] as const];
  return (
    <>
      <Choice name="Period" value={own ? "own" : (query["days"] ?? String(usual))} options={options} onChange={chosen} />
      {own && (
        <>
          <Input name="From" type="date" value={since} onInput={(day) => onChange({ days: null, since: day, until })} />
          <Input name="To" type="date" value={until} onInput={(day) => onChange({ days: null, since, until: day })} />
        </>
      )}
    </>
  );
}
