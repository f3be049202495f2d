import { get } from "../api";
import { count, name, quality } from "../format";
import { useLoaded } from "../load";
import { Badge } from "../parts/figures";
import { Interval, scale } from "../parts/interval";
import { period, PeriodChoice } from "../parts/period";
import { Empty, Shown } from "../parts/shown";
import { Table, type Field } from "../parts/table";
import { go, type Place } from "../route";
import type { Known, Measured } from "../types";

const DAYS = 7;

interface Found {
  data: Measured[];
  notes: string[];
}

export function Quality({ place: { query } }: { place: Place }) {
  const when = period(query, DAYS);
  const measured = useLoaded(JSON.stringify(when), (signal) => get<Found>("/quality", { ...when }, signal));
  return (
    <>
      <div class="controls">
        <PeriodChoice query={query} usual={DAYS} onChange={(changed) => go("quality", { ...query, ...changed })} />
      </div>
      <Shown of={measured}>{(found) => (found.data.length === 0 ? <Nothing /> : <Promises of={found} />)}</Shown>
    </>
  );
}

function Nothing() {
  return (
    <Empty>
      Nothing was routed in this period. Estimates appear with traffic; measurements, once applications send{" "}
      <code>POST /v1/feedback</code>.
    </Empty>
  );
}

function Promises({ of: { data, notes } }: { of: Found }) {
  return (
    <>
      <Models rows={data} />
      {data.every((row) => row.feedback === null) && (
        <Empty>
          Nobody has said yet how good answers were, so nothing is measured: have applications send <code>POST /v1/feedback</code>{" "}
          with the <code>x-routergate-decision-id</code> of an answer.
        </Empty>
      )}
      <Tasks rows={data} />
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
    </>
  );
}

function Models({ rows }: { rows: Measured[] }) {
  const from = scale(rows.flatMap((row) => [row.promised, row.feedback?.low]));
  return (
    <Table<Measured>
      caption="Probability of an acceptable answer, by route and model: promised, expected, and measured by feedback"
      rows={rows}
      fields={[
        { name: "Route", of: (row) => name(row.route) },
        { name: "Model", of: (row) => row.model },
        { name: "State", of: (row) => (row.state ? <Badge>{row.state}</Badge> : "–") },
        { name: "Promised", number: true, means: "by the route, now", of: (row) => promise(row) },
        ...known<Measured>(),
        {
          name: `Measured, with its 95 % interval, ${from} to 1`,
          of: (row) => <Against row={row} promised={row.promised} from={from} />,
        },
      ]}
    />
  );
}

function promise({ promised, baseline }: Measured): string {
  if (promised === null) return "nothing";
  return baseline ? `${quality(promised)} of ${baseline}'s` : quality(promised);
}

type Task = Measured["tasks"][number] & Pick<Measured, "route" | "model" | "promised">;

function Tasks({ rows }: { rows: Measured[] }) {
  const tasks: Task[] = rows.flatMap(({ route, model, promised, tasks }) =>
    tasks.map((task) => ({ ...task, route, model, promised })),
  );
  const from = scale(tasks.flatMap((row) => [row.promised, row.feedback?.low]));
  return (
    <Table<Task>
      caption="The same by task; the threshold is what an estimate has to reach for the promise to be kept"
      rows={tasks}
      fields={[
        { name: "Route", of: (row) => name(row.route) },
        { name: "Model", of: (row) => row.model },
        { name: "Task", of: (row) => row.task },
        { name: "State", of: (row) => (row.state ? <Badge>{row.state}</Badge> : "–") },
        { name: "Threshold", number: true, of: (row) => (row.threshold === null ? "none" : quality(row.threshold)) },
        ...known<Task>(),
        { name: `Measured, ${from} to 1`, of: (row) => <Against row={row} promised={row.promised} from={from} /> },
      ]}
    />
  );
}

function known<Row extends Known>(): Field<Row>[] {
  return [
    { name: "Expected", means: "the mean of the estimates", number: true, of: (row) => quality(row.estimate) },
    { name: "Requests", number: true, of: (row) => count(row.requests) },
    {
      name: "Measured",
      means: "the mean of what feedback says",
      number: true,
      of: (row) => (row.feedback ? quality(row.feedback.mean) : "not yet"),
    },
    {
      name: "Rated",
      means: "answers of which somebody said how good they were",
      number: true,
      of: (row) => count(row.feedback?.n ?? 0),
    },
  ];
}

function Against({ row, promised, from }: { row: Known & { model: string }; promised: number | null; from: number }) {
  if (!row.feedback) return <>–</>;
  return <Interval name={row.model} from={from} {...row.feedback} threshold={promised} />;
}
