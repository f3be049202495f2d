import { get } from "../api";
import { amount, count, dollars, percent, UNKNOWN, usd, words } from "../format";
import { useLoaded } from "../load";
import { Chart, type Mark } from "../parts/chart";
import { Figure, Figures, Money } from "../parts/figures";
import { period, PeriodChoice } from "../parts/period";
import { Empty, Shown } from "../parts/shown";
import { Table } from "../parts/table";
import { go, href, type Place } from "../route";
import type { BreakEven, Column, Portfolio as Holdings } from "../types";

export function Portfolio({ place: { query } }: { place: Place }) {
  const when = period(query);
  const holdings = useLoaded(JSON.stringify(when), (signal) => get<Holdings>("/portfolio", { ...when }, signal));
  return (
    <>
      <div class="controls">
        <PeriodChoice query={query} onChange={(changed) => go("portfolio", { ...query, ...changed })} />
      </div>
      <Shown of={holdings}>
        {(found) => (
          <>
            {found.break_even.map((one) => (
              <BreaksEven key={one.model} of={one} />
            ))}
            {found.break_even.length === 0 && <NoneOwned />}
            {found.rows.length > 0 && <Models of={found} />}
            {found.notes.map((note) => (
              <p key={note} class="note">
                {note}
              </p>
            ))}
          </>
        )}
      </Shown>
    </>
  );
}

function NoneOwned() {
  return (
    <Empty>
      No model has fixed costs of its own. Give one an <code>asset</code> (training, hosting, maintenance) in the{" "}
      <a href={href("configuration")}>configuration</a>, and here is shown from how many requests on it pays.
    </Empty>
  );
}

function BreaksEven({ of }: { of: BreakEven }) {
  return (
    <section aria-label={of.model}>
      <h2>{of.model}</h2>
      <Figures>
        <Figure name="Fixed costs" unit="a month">
          <Money of={of.fixed_usd_per_month} />
        </Figure>
        <Figure name="Bought elsewhere" unit="a request" note="what bought models take on average">
          <Money of={of.bought_usd_per_request} />
        </Figure>
        <Figure name="Pays from" unit={of.requests_per_month_to_break_even === null ? "" : "requests a month"} note={of.why_not}>
          {of.requests_per_month_to_break_even === null ? "never" : count(of.requests_per_month_to_break_even)}
        </Figure>
        <Figure name="Now" unit="requests a month" note={verdict(of)}>
          {count(of.requests_per_month_now)}
        </Figure>
      </Figures>
      <Curve of={of} />
    </section>
  );
}

function verdict({ requests_per_month_to_break_even: from, requests_per_month_now: now }: BreakEven): string {
  if (from === null) return "";
  return now >= from ? "it pays" : `${count(from - now)} too few`;
}

const STEPS = 40;

function Curve({ of }: { of: BreakEven }) {
  const [fixed, own, bought] = [of.fixed_usd_per_month, of.own_usd_per_request, of.bought_usd_per_request].map(amount);
  if (fixed == null || own == null || bought == null) return null;
  const most = 2 * Math.max(of.requests_per_month_to_break_even ?? 0, of.requests_per_month_now, 1);
  const x = Array.from({ length: STEPS + 1 }, (_, step) => (most * step) / STEPS);
  return (
    <Chart
      title="Dollars a month, by requests a month"
      x={x}
      xName="requests a month"
      xText={count}
      text={dollars}
      series={[
        { name: "own", values: x.map((requests) => fixed + own * requests), colour: 0 },
        { name: "bought", values: x.map((requests) => bought * requests), colour: 2 },
      ]}
      marks={[mark("now", of.requests_per_month_now), mark("pays from here", of.requests_per_month_to_break_even)].flat()}
      money
    />
  );
}

function mark(name: string, at: number | null): Mark[] {
  return at === null ? [] : [{ at, name }];
}

function Models({ of: { columns, rows, total } }: { of: Holdings }) {
  return (
    <Table
      caption="All models of the period"
      rows={rows}
      total={total}
      fields={columns.map((column) => ({
        name: words(column.name.replace(/_usd$/, "")),
        unit: UNITS[column.unit] ?? "",
        means: column.meaning,
        number: column.unit !== "text",
        of: (row: Record<string, unknown>) => (row === total && column.unit === "text" ? "" : shown(row[column.name], column)),
      }))}
    />
  );
}

const UNITS: Record<string, string> = { usd: "USD", seconds: "s" };

function shown(value: unknown, { unit }: Column): string {
  if (value === null || value === undefined) return unit === "usd" ? UNKNOWN : "–";
  if (unit === "usd") return usd(String(value));
  if (unit === "share") return percent(Number(value), 1);
  return typeof value === "number" ? count(value) : String(value);
}
