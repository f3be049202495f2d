import { quality, words } from "../format";
import type { Candidate, Decision } from "../types";
import { Badge, Money } from "./figures";
import { Interval, scale } from "./interval";
import { Table } from "./table";

/** Why a request goes where it goes: every model that was thought of, in order, and those that were not eligible. */
export function Decided({ decision }: { decision: Decision }) {
  const known = (of: keyof Candidate) => decision.candidates.some((row) => row[of] !== undefined);
  const from = scale([decision.threshold, ...decision.candidates.map((row) => row.quality)]);
  return (
    <section aria-label="The decision">
      <h2>The decision</h2>
      <p>
        <strong>{decision.model}</strong> by the rule: <em>{words(decision.rule)}</em>
        {decision.threshold !== null && <>, for a quality of at least {quality(decision.threshold)}</>}
        {decision.baseline && <>; compared with {decision.baseline}</>}.
      </p>
      {decision.features && <Read features={decision.features} />}
      <Table<Candidate>
        caption="Candidates, in the order in which they are asked"
        rows={decision.candidates}
        fields={[
          { name: "Model", of: (row) => <Named row={row} chosen={row.model === decision.model} /> },
          ...(known("class") ? [{ name: "Class", of: (row: Candidate) => words(row.class ?? "–") }] : []),
          { name: "Quality", means: "probability of an acceptable answer", number: true, of: (row) => quality(row.quality) },
          { name: "± standard error", number: true, of: (row) => quality(row.stderr) },
          {
            name: `Against the threshold, ${from} to 1`,
            of: (row) => <Estimate row={row} threshold={decision.threshold} from={from} />,
          },
          { name: "Expected cost", unit: "USD", number: true, of: (row) => <Money of={row.cost_usd} /> },
          {
            name: "Loaded",
            unit: "USD",
            means: "with its share of fixed costs",
            number: true,
            of: (row) => <Money of={row.loaded_cost_usd} />,
          },
        ]}
      />
      {decision.rejected.length > 0 && (
        <Table
          caption="Not eligible"
          rows={decision.rejected}
          fields={[
            { name: "Model", of: (row) => row.model },
            { name: "Why not", prose: true, of: (row) => row.reason },
          ]}
        />
      )}
    </section>
  );
}

function Named({ row, chosen }: { row: Candidate; chosen: boolean }) {
  return (
    <>
      {row.model} {chosen && <Badge>chosen</Badge>}
    </>
  );
}

function Estimate({ row, threshold, from }: { row: Candidate; threshold: number | null; from: number }) {
  if (row.quality === null) return <>–</>;
  const margin = 1.96 * (row.stderr ?? 0);
  return (
    <Interval
      name={row.model}
      from={from}
      low={row.quality - margin}
      mean={row.quality}
      high={row.quality + margin}
      threshold={threshold}
    />
  );
}

function Read({ features }: { features: NonNullable<Decision["features"]> }) {
  const read = [
    features.task && `task ${features.task}`,
    `${features.level} (complexity ${features.complexity.toFixed(2)})`,
    features.language && `language ${features.language}`,
    `${features.input_tokens} input tokens`,
    features.needs.length > 0 && `needs ${features.needs.join(", ")}`,
  ];
  return <p class="note">Read as: {read.filter(Boolean).join(" · ")}</p>;
}
