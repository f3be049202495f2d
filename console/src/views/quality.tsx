import { get } from "../api";
import { count, name, quality } from "../format";
import { useLoaded } from "../load";
import { Badge } from "../parts/figures";
import { Interval, scale } from "../parts/interval";
import { Empty, Shown } from "../parts/shown";
import { Table } from "../parts/table";
import type { Measured } from "../types";

export function Quality() {
  const measured = useLoaded("quality", (signal) => get<{ data: Measured[] }>("/quality", {}, signal));
  return (
    <Shown of={measured}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty>
            Nothing has been routed in the last days. Estimates appear with traffic; measurements, once applications send{" "}
            <code>POST /v1/feedback</code>.
          </Empty>
        ) : (
          <>
            <Promises rows={data} />
            {data.every((row) => !row.feedback?.n) && (
              <Empty>
                There is no feedback yet, so nothing has been measured: have applications send <code>POST /v1/feedback</code> with
                the <code>x-routergate-decision-id</code> of an answer.
              </Empty>
            )}
          </>
        )
      }
    </Shown>
  );
}

function Promises({ rows }: { rows: Measured[] }) {
  const from = scale(rows.flatMap((row) => [row.threshold, row.feedback?.low]));
  return (
    <Table<Measured>
      caption="By route and model: what was promised, expected and measured (probability of an acceptable answer)"
      rows={rows}
      fields={[
        { name: "Route", of: (row) => name(row.route) },
        { name: "Model", of: (row) => row.model },
        { name: "Task", of: (row) => row.task ?? "any" },
        { name: "Promised", number: true, of: (row) => (row.threshold === null ? "nothing" : quality(row.threshold)) },
        { name: "Expected", means: "the mean of the estimates", number: true, of: (row) => quality(row.estimate) },
        {
          name: "Measured",
          means: "the mean of what feedback says",
          number: true,
          of: (row) => (row.feedback?.n ? quality(row.feedback.mean) : "not yet"),
        },
        { name: "Answers rated", number: true, of: (row) => count(row.feedback?.n ?? 0) },
        { name: `Measured against promised, ${from} to 1`, of: (row) => <Against row={row} from={from} /> },
        { name: "State", of: (row) => (row.state ? <Badge>{row.state}</Badge> : "–") },
      ]}
    />
  );
}

function Against({ row, from }: { row: Measured; from: number }) {
  const { mean, low, high } = row.feedback ?? {};
  if (mean == null || low == null || high == null) return <>–</>;
  return <Interval name={row.model} from={from} low={low} mean={mean} high={high} threshold={row.threshold} />;
}
