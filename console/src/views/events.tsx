import { get } from "../api";
import { count, name, percent, quality, when, words } from "../format";
import { useLoaded, usePages } from "../load";
import { Decided } from "../parts/decided";
import { Badge, Figure, Figures, Money } from "../parts/figures";
import { Filters, filtersOf } from "../parts/filters";
import { Choice } from "../parts/form";
import { period, PeriodChoice } from "../parts/period";
import { Empty, Shown } from "../parts/shown";
import { More, Table } from "../parts/table";
import { go, href, type Place } from "../route";
import type { Decision, Event } from "../types";

const OUTCOMES = [["", "any"], "ok", "failed", "refused", "abandoned", "cut"] as const;
const DAYS = 7;

export function Events({ place }: { place: Place }) {
  return place.of ? <One id={place.of} /> : <All query={place.query} />;
}

function All({ query }: { query: Record<string, string> }) {
  const asked = { ...period(query, DAYS), ...filtersOf(query) };
  const events = usePages<Event>("/events", asked);
  return (
    <>
      <div class="controls">
        <PeriodChoice query={query} usual={DAYS} onChange={(changed) => go("events", { ...query, ...changed })} />
        <Choice
          name="Outcome"
          value={query["outcome"] ?? ""}
          options={OUTCOMES}
          onChange={(outcome) => go("events", { ...query, outcome: outcome || null })}
        />
        <Filters view="events" query={query} />
      </div>
      <Shown of={events}>
        {(rows) =>
          rows.length === 0 && !events.more ? (
            <Empty>
              No single events of this period can be seen from here. Older ones are in the <a href={href("spend")}>totals</a>, and
              in the ledger's files if <code>routergate ledger run</code> writes them elsewhere.
            </Empty>
          ) : (
            <>
              <List rows={rows} />
              <More of={events} />
            </>
          )
        }
      </Shown>
    </>
  );
}

function List({ rows }: { rows: Event[] }) {
  return (
    <Table<Event>
      caption="Newest first; a time leads to the decision"
      rows={rows}
      fields={[
        { name: "At", of: (row) => <a href={href(`events/${encodeURIComponent(row.decision_id)}`)}>{when(row.at)}</a> },
        { name: "Outcome", of: (row) => <Badge>{row.kind === "event" ? row.outcome : row.kind}</Badge> },
        { name: "Feature", of: (row) => name(row.feature) },
        { name: "Customer", of: (row) => name(row.customer) },
        { name: "Route", of: (row) => name(row.route) },
        { name: "Model", of: (row) => name(row.model) },
        { name: "Cost", unit: "USD", number: true, of: (row) => <Money of={row.cost_usd} /> },
        { name: "Baseline", unit: "USD", number: true, of: (row) => <Money of={row.baseline_usd} /> },
        { name: "Quality", means: "expected of the model for this request", number: true, of: (row) => quality(row.quality) },
      ]}
    />
  );
}

type Explained = Event & { decision: Decision | null };

function One({ id }: { id: string }) {
  const event = useLoaded(id, (signal) => get<Explained>(`/events/${encodeURIComponent(id)}`, {}, signal));
  return (
    <>
      <p>
        <a href={href("events")}>All events</a>
      </p>
      <Shown of={event}>
        {(found) => (
          <>
            <Figures>
              <Figure name="Outcome" note={when(found.at)}>
                <Badge>{found.outcome}</Badge>
              </Figure>
              <Figure name="Cost">
                <Money of={found.cost_usd} />
              </Figure>
              <Figure name="On the baseline">
                <Money of={found.baseline_usd} />
              </Figure>
              <Figure name="Complexity" note={`quality expected: ${quality(found.quality)}`}>
                {percent(found.complexity)}
              </Figure>
            </Figures>
            {found.decision ? (
              <Decided decision={found.decision} />
            ) : (
              <Empty>The row says nothing of how this was decided.</Empty>
            )}
            <Facts event={found} />
          </>
        )}
      </Shown>
    </>
  );
}

/** Everything else that the row says; there is never any text of the request in it. */
function Facts({ event }: { event: Explained }) {
  const { decision: _, ...row } = event;
  const facts = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
  return (
    <Table
      caption="The whole row; neither question nor answer is ever kept in it"
      rows={facts}
      fields={[
        { name: "What", of: ([what]) => words(what) },
        { name: "Value", prose: true, of: ([, value]) => fact(value) },
      ]}
    />
  );
}

function fact(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? count(value) : String(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
