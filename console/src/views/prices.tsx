import { amount, count, daysAgo, dollars, words } from "../format";
import { usePages } from "../load";
import { Chart } from "../parts/chart";
import { Badge } from "../parts/figures";
import { Empty, Shown } from "../parts/shown";
import { More, Table } from "../parts/table";
import { href } from "../route";
import type { Priced, RateCard, Usd } from "../types";

export function Prices() {
  const prices = usePages<Priced>("/prices");
  return (
    <Shown of={prices}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty>
            There are no models. Write one into the <a href={href("configuration")}>configuration</a>.
          </Empty>
        ) : (
          <>
            {rows.map((model) => (
              <Model key={model.model} of={model} />
            ))}
            <More of={prices} />
          </>
        )
      }
    </Shown>
  );
}

function Model({ of }: { of: Priced }) {
  return (
    <section aria-label={of.model} class="card">
      <h2>{of.model}</h2>
      <p class="note">
        {words(of.class)}, at {of.provider}
        {of.next && `; the next change is on ${of.next.from}`}
      </p>
      {!of.known && (
        <Empty>
          Nobody knows what it costs now: its requests are counted as unpriced. Give it <code>prices</code> in the{" "}
          <a href={href("configuration")}>configuration</a>.
        </Empty>
      )}
      {of.cards.length > 0 && <Cards of={of} />}
      <InTime of={of} />
      {of.fixed && <Fixed costs={of.fixed} />}
    </section>
  );
}

/** Kinds that every card has, even if they cost nothing. */
const RATES = ["input", "output"];
/** What a card may have beside dollars per million tokens. */
const ASIDE = ["from", "source", "context_tiers", "service_tiers"];

function Cards({ of: { cards, in_force } }: { of: Priced }) {
  const has = (kind: string) => RATES.includes(kind) || cards.some((card) => Number(card[kind] ?? 0) !== 0);
  const kinds = Object.keys(cards[0] ?? {}).filter((kind) => !ASIDE.includes(kind) && has(kind));
  const tiers = cards.some((card) => aside(card));
  return (
    <Table<RateCard>
      caption="US dollars per million tokens, where nothing else is said"
      rows={cards}
      fields={[
        { name: "From", of: (card) => card.from },
        { name: "State", of: (card) => <Standing card={card} now={in_force} /> },
        ...kinds.map((kind) => ({ name: words(kind), number: true, of: (card: RateCard) => rate(card[kind]) })),
        ...(tiers ? [{ name: "Tiers", of: aside }] : []),
        { name: "Source", of: (card) => String(card.source ?? "–") },
      ]}
    />
  );
}

/** What a million tokens cost in time, where that has changed or will. */
function InTime({ of: { model, cards } }: { of: Priced }) {
  if (cards.length < 2) return null;
  const last = cards.at(-1)!;
  const known = [...cards, { ...last, from: last.from > daysAgo(0) ? last.from : daysAgo(0) }];
  return (
    <Chart
      title={`Dollars per million tokens of ${model}`}
      x={known.map((card) => Date.parse(card.from) / 1000)}
      xText={(at) => new Date(at * 1000).toISOString().slice(0, 10)}
      text={dollars}
      money
      kind="steps"
      series={RATES.map((kind, colour) => ({ name: kind, values: known.map((card) => amount(card[kind] as Usd)), colour }))}
    />
  );
}

function Standing({ card, now }: { card: RateCard; now: RateCard | null }) {
  if (card.from === now?.from) return <Badge>in force</Badge>;
  return <>{now && card.from < now.from ? "over" : "to come"}</>;
}

function rate(value: unknown): string {
  return value === null || value === undefined ? "–" : String(value);
}

/** The tiers of a card: of long inputs, and of other services. */
function aside({ context_tiers, service_tiers }: RateCard): string {
  const long = (context_tiers as { above_input_tokens: number }[] | undefined) ?? [];
  const services = Object.keys((service_tiers as object | undefined) ?? {});
  return [...long.map((tier) => `above ${count(tier.above_input_tokens)} tokens`), ...services].join(", ");
}

function Fixed({ costs }: { costs: NonNullable<Priced["fixed"]> }) {
  const rows = Object.entries(costs).filter(([, value]) => value !== null);
  return (
    <Table
      caption="Fixed costs, in US dollars"
      rows={rows}
      fields={[
        { name: "What", of: ([what]) => words(what) },
        { name: "How", prose: true, of: ([, value]) => said(value) },
      ]}
    />
  );
}

function said(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const parts = Object.entries(value).filter(([, one]) => one !== null && one !== false && Number(one) !== 0);
  return parts.map(([name, one]) => `${words(name)} ${one === true ? "yes" : words(String(one))}`).join(", ");
}
