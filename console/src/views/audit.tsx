import { when } from "../format";
import { usePages } from "../load";
import { Empty, Shown } from "../parts/shown";
import { More, Table } from "../parts/table";
import type { Entry } from "../types";

export function Audit() {
  const entries = usePages<Entry>("/audit");
  return (
    <Shown of={entries}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty>Nothing has been changed through the admin API or the command line yet.</Empty>
        ) : (
          <>
            <Table<Entry>
              caption="Changes, newest first"
              rows={rows}
              fields={[
                { name: "At", of: (row) => when(row.at) },
                { name: "Who", of: (row) => row.by },
                { name: "Did", of: (row) => row.action },
                { name: "To", of: (row) => <code>{row.on ?? row.key ?? "–"}</code> },
                { name: "What changed", prose: true, of: (row) => changed(row) },
              ]}
            />
            <More of={entries} />
          </>
        )
      }
    </Shown>
  );
}

function changed({ changes }: Entry): string {
  return Object.entries(changes ?? {})
    .map(([what, { from, to }]) => `${what}: ${said(from)} → ${said(to)}`)
    .join("; ");
}

function said(value: unknown): string {
  return value === null || value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);
}
