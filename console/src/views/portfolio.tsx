import { get } from "../api";
import { amount, count, dollars, usd } from "../format";
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
            {found.break_even?.map((one) => (
              <BreaksEven key={one.model} of={one} />
            ))}
            {!found.break_even?.length && <NoneOwned />}
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
          <Money of={of.fixed_monthly_usd} />
        </Figure>
        <Figure name="Bought elsewhere" unit="a request" note="at the cheapest other model of its routes">
          <Money of={of.bought_per_request_usd} />
        </Figure>
        <Figure name="Pays from" unit={of.break_even_requests === null ? "" : "requests a month"} note={of.why_none}>
          {of.break_even_requests === null ? "never" : count(of.break_even_requests)}
        </Figure>
        <Figure name="Now" unit="requests a month" note={verdict(of)}>
          {count(of.requests_now)}
        </Figure>
      </Figures>
      <Curve of={of} />
    </section>
  );
}

function verdict({ break_even_requests: from, requests_now: now }: BreakEven): string {
  if (from === null || now === null) return "";
  return now >= from ? "it pays" : `${count(from - now)} too few`;
}

const STEPS = 40;

function Curve({ of }: { of: BreakEven }) {
  const [fixed, bought] = [amount(of.fixed_monthly_usd), amount(of.bought_per_request_usd)];
  if (fixed === null || bought === null) return null;
  const own = amount(of.own_per_request_usd) ?? 0;
  const most = 2 * Math.max(of.break_even_requests ?? 0, of.requests_now ?? 0, 1);
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
      marks={[mark("now", of.requests_now), mark("pays from here", of.break_even_requests)].flat()}
      money
    />
  );
}

function mark(name: string, at: number | null): Mark[] {
  return at === null ? [] : [{ at, name }];
}

function Models({ of: { columns, rows } }: { of: Holdings }) {
  return (
    <Table
      caption="All models of the period"
      rows={rows}
      fields={columns.map((column) => ({
        name: column.name.replaceAll("_", " "),
        unit: UNITS[column.unit] ?? "",
        means: column.meaning,
        number: column.unit !== "text",
        of: (row: Record<string, unknown>) => shown(row[column.name], column),
      }))}
    />
  );
}

const UNITS: Record<string, string> = { usd: "USD", percent: "%", seconds: "s" };

function shown(value: unknown, { unit }: Column): string {
  if (value === null || value === undefined) return "unknown";
  if (unit === "usd") return usd(String(value));
  return typeof value === "number" ? count(value) : String(value);
}
