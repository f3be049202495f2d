import { count, daysAgo, daysBetween, dollars, percent, when } from "../format";
import { usePages } from "../load";
import { Chart } from "../parts/chart";
import { Share } from "../parts/figures";
import { Empty, Shown } from "../parts/shown";
import { More, Table } from "../parts/table";
import { href } from "../route";
import type { Budget } from "../types";

export function Budgets() {
  const budgets = usePages<Budget>("/budgets");
  return (
    <Shown of={budgets}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty>
            Nothing is limited. Give an organisation <code>budgets</code> in the <a href={href("configuration")}>configuration</a>
            , or a <a href={href("keys")}>key</a> a budget of its own.
          </Empty>
        ) : (
          <>
            <List rows={rows} />
            <More of={budgets} />
            <div class="two">
              {rows.map((row) => (
                <BurnDown key={title(row)} of={row} />
              ))}
            </div>
          </>
        )
      }
    </Shown>
  );
}

function List({ rows }: { rows: Budget[] }) {
  return (
    <Table<Budget>
      caption="Budgets and limits"
      rows={rows}
      fields={[
        { name: "Organisation", of: (row) => row.organisation },
        { name: "Whose", of: whose },
        { name: "Of what", of: (row) => row.measure.replaceAll("_", " ") },
        { name: "Window", of: (row) => row.window ?? "at once" },
        { name: "Limit", number: true, of: (row) => said(row, row.limit) },
        { name: "Spent", number: true, of: (row) => said(row, row.spent) },
        { name: "Reserved", means: "for requests that run", number: true, of: (row) => said(row, row.held) },
        { name: "Used", number: true, of: (row) => (row.share === null ? "–" : percent(row.share)) },
        { name: "", of: (row) => <Used row={row} /> },
        { name: "Begins anew", of: (row) => when(row.resets_at) },
        { name: "When reached", of: (row) => (row.when_reached ?? "refuse").replaceAll("_", " ") },
      ]}
    />
  );
}

function Used({ row }: { row: Budget }) {
  const limit = Number(row.limit);
  if (row.spent === null || !limit) return null;
  return <Share name={title(row)} part={Number(row.spent) / limit} reserved={Number(row.held ?? 0) / limit} />;
}

/** What is left of a budget day by day, against using it evenly. */
function BurnDown({ of }: { of: Budget }) {
  const begin = began(of);
  if (begin === null || !of.by_day?.length) return null;
  const days = daysBetween(begin, daysAgo(0));
  const spent = new Map(of.by_day.map((one) => [one.day, Number(one.spent)]));
  let left = Number(of.limit);
  const remaining = days.map((day) => (left -= spent.get(day) ?? 0));
  const length = (Date.parse(of.resets_at!.slice(0, 10)) - Date.parse(begin)) / DAY;
  return (
    <Chart
      title={`What is left, ${title(of)}`}
      x={days.map((day) => Date.parse(day) / 1000)}
      xText={(at) => new Date(at * 1000).toISOString().slice(0, 10)}
      text={(value) => (money(of) ? dollars(value) : count(value))}
      kind="steps"
      money={money(of)}
      series={[
        { name: "left", values: remaining, colour: 0 },
        {
          name: "if used evenly",
          values: days.map((_, at) => Number(of.limit) * (1 - (at + 1) / length)),
          colour: 6,
          dashed: true,
        },
      ]}
    />
  );
}

const DAY = 86_400_000;
const MONTHS: Record<string, number> = { month: 1, fiscal_month: 1, quarter: 3, year: 12 };

/** The first day of the window, where it has several. */
function began({ window, resets_at }: Budget): string | null {
  if (window === null || resets_at === null) return null;
  const end = new Date(resets_at.slice(0, 10));
  if (window in MONTHS) end.setUTCMonth(end.getUTCMonth() - MONTHS[window]!);
  else if (window === "week") end.setUTCDate(end.getUTCDate() - 7);
  else return null;
  return end.toISOString().slice(0, 10);
}

function title(row: Budget): string {
  return `${row.organisation}: ${whose(row)}, ${row.measure} a ${row.window ?? "moment"}`;
}

function whose({ scope, name, organisation }: Budget): string {
  if (name === organisation) return `the ${scope}`;
  return name === null ? `each ${scope}` : `${scope} ${name}`;
}

function money(row: Budget): boolean {
  return typeof row.limit === "string";
}

function said(row: Budget, value: string | number | null): string {
  if (value === null) return "–";
  return money(row) ? dollars(Number(value)) : count(Number(value));
}
