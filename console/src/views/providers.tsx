import { get } from "../api";
import { count, percent, when } from "../format";
import { useLoaded } from "../load";
import { Badge, Figure, Figures } from "../parts/figures";
import { Empty, Shown } from "../parts/shown";
import { Table } from "../parts/table";
import { href } from "../route";
import type { Circuit, Provider } from "../types";

export function Providers() {
  const providers = useLoaded("providers", (signal) => get<{ data: Provider[] }>("/providers", {}, signal), 10_000);
  return (
    <Shown of={providers}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty>
            There are no providers. Write one into the <a href={href("configuration")}>configuration</a>.
          </Empty>
        ) : (
          data.map((provider) => <One key={provider.id} of={provider} />)
        )
      }
    </Shown>
  );
}

function One({ of }: { of: Provider }) {
  const { capacity } = of;
  return (
    <section aria-label={of.id} class="card">
      <h2>
        {of.id} <Badge>{of.state}</Badge>
      </h2>
      <p class="note">{about(of)}</p>
      <Figures>
        <Figure name="Running" unit="requests" note="of this process">
          {count(capacity.running_here)}
        </Figure>
        <Figure
          name="Waiting"
          unit="requests"
          note={capacity.waiting_there === null ? null : `and ${count(capacity.waiting_there)} at the provider`}
        >
          {count(capacity.waiting_here)}
        </Figure>
        {capacity.utilisation !== null && <Figure name="In use">{percent(capacity.utilisation)}</Figure>}
      </Figures>
      {of.circuits.length > 0 && <Circuits of={of} />}
    </section>
  );
}

function about(of: Provider): string {
  const facts = [
    of.kind,
    of.hosts.join(", "),
    of.servers > 1 && `${of.servers} servers`,
    of.region && `region ${of.region}`,
    of.credentials === null ? "credentials from the environment" : of.credentials ? "has credentials" : "no credentials",
    `serves ${of.models.join(", ") || "nothing"}`,
  ];
  return facts.filter(Boolean).join(" · ");
}

function Circuits({ of }: { of: Provider }) {
  return (
    <Table<Circuit>
      caption="Circuits that are not closed: requests go elsewhere until the provider is well again"
      rows={of.circuits}
      fields={[
        { name: "Model", of: (row) => row.model },
        { name: "Server", of: (row) => row.server },
        { name: "State", of: (row) => <Badge>{row.state}</Badge> },
        { name: "Since", of: (row) => when(row.since) },
        { name: "Asked again in", unit: "s", number: true, of: (row) => count(row.retry_in_seconds) },
        { name: "Why", prose: true, of: (row) => row.reason },
      ]}
    />
  );
}
