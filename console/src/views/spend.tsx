import { ApiError, get, type Query } from "../api";
import { amount, count, dollars, name, percent } from "../format";
import { useLoaded } from "../load";
import { Figure, Figures, Money } from "../parts/figures";
import { Filters, filtersOf } from "../parts/filters";
import { Choice } from "../parts/form";
import { OverTime, stepOf } from "../parts/overtime";
import { period, PeriodChoice, type Period } from "../parts/period";
import { Empty, Shown } from "../parts/shown";
import { Table } from "../parts/table";
import { go, href, type Place } from "../route";
import { DIMENSIONS, type Dimension, type Group, type Spend as Spending, type Usd } from "../types";

export function Spend({ place: { query } }: { place: Place }) {
  const by = DIMENSIONS.find((one) => one === query["by"]) ?? "feature";
  const when = period(query);
  const where = filtersOf(query);
  const groups = useLoaded(JSON.stringify([when, where, by]), (signal) => spending(when, where, by, signal));
  const to = (changed: Query) => go("spend", { ...query, ...changed });
  return (
    <>
      <div class="controls">
        <PeriodChoice query={query} onChange={to} />
        <Choice name="By" value={by} options={DIMENSIONS} onChange={(chosen) => to({ by: chosen })} />
        <Filters view="spend" query={query} />
      </div>
      <Shown of={groups}>
        {({ whole, timed }) =>
          whole.data.length === 0 ? (
            <Empty>Nothing was asked in this period{Object.keys(where).length ? " with these filters" : ""}.</Empty>
          ) : (
            <>
              <Total of={whole} />
              {timed ? (
                <OverTime rows={timed.data} by={by} period={when} />
              ) : (
                <Empty>There are too many groups to be drawn in time: choose fewer days, or narrow them down.</Empty>
              )}
              <Groups spend={whole} by={by} query={query} />
            </>
          )
        }
      </Shown>
    </>
  );
}

interface Found {
  whole: Spending;
  /** `null`: too much to be had. */
  timed: Spending | null;
}

async function spending(asked: Period, where: Query, by: Dimension, signal: AbortSignal): Promise<Found> {
  const query = { ...asked, ...where };
  const [whole, timed] = await Promise.all([
    get<Spending>("/spend", { ...query, by }, signal),
    get<Spending>("/spend", { ...query, by: `${stepOf(asked)},${by}` }, signal).catch(tooMuch),
  ]);
  return { whole, timed };
}

function tooMuch(error: unknown): null {
  if (error instanceof ApiError && error.code === "report_too_large") return null;
  throw error;
}

function Total({ of: { total } }: { of: Spending }) {
  const [saved, baseline] = [amount(total.saved_usd), amount(total.baseline_usd)];
  return (
    <Figures>
      <Figure name="Cost" note={total.unpriced ? `and ${count(total.unpriced)} requests of unknown price` : "marginal"}>
        <Money of={total.cost_usd} />
      </Figure>
      {total.loaded_usd !== undefined && (
        <Figure name="Loaded cost" note="with its share of fixed costs">
          <Money of={total.loaded_usd} />
        </Figure>
      )}
      <Figure
        name="Saved"
        note={saved !== null && baseline ? `${percent(saved / baseline)} of the baseline's ${dollars(baseline)}` : null}
      >
        <Money of={total.saved_usd} />
      </Figure>
      <Figure name="Requests" note={`${count(total.failed)} failed, ${count(total.abandoned)} abandoned`}>
        {count(total.requests)}
      </Figure>
    </Figures>
  );
}

function share(part: Usd, all: number | null): number | null {
  const cost = amount(part);
  return cost === null || !all ? null : cost / all;
}

function Groups({ spend, by, query }: { spend: Spending; by: Dimension; query: Record<string, string> }) {
  const rows = [...spend.data].sort((one, other) => (amount(other.cost_usd) ?? 0) - (amount(one.cost_usd) ?? 0));
  const all = amount(spend.total.cost_usd);
  const next = by === "model" ? "feature" : "model";
  const { by: _, ...kept } = query;
  const narrowed = (row: Group) => ({ ...kept, [by]: row[by] ?? "" });
  const label = (row: Group) =>
    row === spend.total ? "all" : <a href={href("spend", { ...narrowed(row), by: next })}>{name(row[by])}</a>;
  const events = (row: Group) =>
    row === spend.total ? null : (
      <a href={href("events", narrowed(row))} aria-label={`events of ${name(row[by])}`}>
        events
      </a>
    );
  return (
    <Table<Group>
      caption={`By ${by}, dearest first; a name leads to what is in it`}
      rows={rows}
      total={spend.total}
      fields={[
        { name: by, of: label },
        { name: "Cost", unit: "USD", number: true, of: (row) => <Money of={row.cost_usd} /> },
        { name: "Share", number: true, of: (row) => percent(share(row.cost_usd, all), 1) },
        { name: "Saved", unit: "USD", number: true, of: (row) => <Money of={row.saved_usd} /> },
        { name: "Requests", number: true, of: (row) => count(row.requests) },
        { name: "Failed", number: true, of: (row) => count(row.failed) },
        { name: "Tokens in", number: true, of: (row) => count(row.input_tokens) },
        { name: "Tokens out", number: true, of: (row) => count(row.output_tokens) },
        { name: "Unpriced", number: true, means: "requests whose cost is unknown", of: (row) => count(row.unpriced) },
        { name: "Single", of: events },
      ]}
    />
  );
}
