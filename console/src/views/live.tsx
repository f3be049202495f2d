import { useEffect, useState } from "preact/hooks";

import { get } from "../api";
import { amount, count, dollars, percent, rate, time, words } from "../format";
import { useLoaded } from "../load";
import { Chart } from "../parts/chart";
import { Figure, Figures, Money } from "../parts/figures";
import { Empty, Shown } from "../parts/shown";
import { Table } from "../parts/table";
import { href } from "../route";
import type { Live as Now, Minute, Usd } from "../types";

const EVERY = 2_000;
/** Rates are taken over so many milliseconds: long enough to be calm, short enough to be now. */
const SPAN = 20_000;
/** What is drawn, in milliseconds. */
const DRAWN = 15 * 60_000;

export function Live() {
  const polled = useLoaded("live", (signal) => get<Now>("/live", {}, signal), EVERY);
  const rates = useRates(polled.data);
  return (
    <Shown of={polled}>
      {(now) => (
        <>
          <Rates rates={rates.at(-1)} />
          {now.requests === 0 ? <Quiet /> : <Today now={now} />}
          {now.requests > 0 && rates.length > 1 && <Minutes rates={rates} />}
          {now.series && now.series.length > 2 && <Hour series={now.series} />}
        </>
      )}
    </Shown>
  );
}

/** What is added in an hour, if it goes on as in the span before an instant; `null`: unknown. */
interface Rate {
  at: number;
  requests: number;
  cost: number | null;
  saved: number | null;
}

/** The sums are those of a day: what was added between two looks at it is the rate. */
function useRates(now: Now | null): Rate[] {
  const [{ rates }, setSeen] = useState<{ polls: Now[]; rates: Rate[] }>({ polls: [], rates: [] });
  useEffect(() => {
    if (!now) return;
    const at = Date.parse(now.at);
    setSeen(({ polls, rates }) => {
      const near = polls.filter((one) => one.since === now.since && Date.parse(one.at) >= at - SPAN);
      const found = near[0] ? between(near[0], now) : null;
      const kept = rates.filter((one) => one.at * 1000 > at - DRAWN);
      return { polls: [...near, now], rates: found ? [...kept, found] : kept };
    });
  }, [now]);
  return rates;
}

function between(before: Now, after: Now): Rate | null {
  const hours = (Date.parse(after.at) - Date.parse(before.at)) / 3_600_000;
  if (hours <= 0) return null;
  const added = (of: (one: Now) => number | null) => {
    const [from, to] = [of(before), of(after)];
    return from === null || to === null ? null : (to - from) / hours;
  };
  return {
    at: Date.parse(after.at) / 1000,
    requests: (after.requests - before.requests) / hours,
    cost: added((one) => amount(one.cost_usd)),
    saved: added((one) => amount(one.saved_usd)),
  };
}

function Rates({ rates }: { rates: Rate | undefined }) {
  const soon = "in a moment";
  return (
    <Figures>
      <Figure name="Requests" unit="a second" note="over the last 20 seconds">
        {rates ? rate(rates.requests / 3600) : "…"}
      </Figure>
      <Figure name="Cost" unit="an hour" note={rates ? "if it goes on like that" : soon}>
        {rates ? dollars(rates.cost) : "…"}
      </Figure>
      <Figure name="Saved" unit="an hour" note={rates ? "against the baseline" : soon}>
        {rates ? dollars(rates.saved) : "…"}
      </Figure>
    </Figures>
  );
}

function Quiet() {
  return (
    <Empty>
      <p>
        <strong>No requests yet today (UTC).</strong> Make a <a href={href("keys")}>key</a>, point an application at{" "}
        <code>{location.origin}/v1</code>, or try the <a href={href("playground")}>playground</a>.
      </p>
    </Empty>
  );
}

function Today({ now }: { now: Now }) {
  const saved = amount(now.saved_usd);
  const baseline = amount(now.baseline_usd);
  const share = saved !== null && baseline ? `${percent(saved / baseline)} of ${dollars(baseline)}` : null;
  return (
    <>
      <h2>Today (UTC)</h2>
      <Figures>
        <Figure name="Requests" note={`${percent(now.failed / now.requests, 1)} failed`}>
          {count(now.requests)}
        </Figure>
        <Figure name="Cost" note={now.unpriced ? `and ${count(now.unpriced)} requests of unknown price` : null}>
          <Money of={now.cost_usd} />
        </Figure>
        <Figure name="Saved" note={share}>
          <Money of={now.saved_usd} />
        </Figure>
        <Figure name="Tokens" unit="in" note={`${count(now.output_tokens)} out`}>
          {count(now.input_tokens)}
        </Figure>
      </Figures>
      <Classes now={now} />
    </>
  );
}

const COLOURS: Record<string, number> = { self_hosted: 0, economy: 1, frontier: 2 };

function Classes({ now }: { now: Now }) {
  const rows = Object.entries(now.by_class).sort(([, one], [, other]) => other.requests - one.requests);
  const all = rows.reduce((sum, [, one]) => sum + one.requests, 0);
  return (
    <>
      <Split parts={rows.map(([id, one]) => ({ id, share: all ? one.requests / all : 0 }))} />
      <Table
        caption="By class: how models are bought"
        rows={rows}
        fields={[
          { name: "Class", of: ([id]) => words(id) },
          { name: "Requests", number: true, of: ([, one]) => count(one.requests) },
          { name: "Share", number: true, of: ([, one]) => percent(all ? one.requests / all : null) },
          { name: "Cost", unit: "USD", number: true, of: ([, one]) => <Money of={one.cost_usd} /> },
        ]}
      />
    </>
  );
}

/** One bar, cut by share; the table below it has the numbers. */
function Split({ parts }: { parts: { id: string; share: number }[] }) {
  let at = 0;
  return (
    <svg class="split" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      {parts.map(({ id, share }) => {
        const from = 100 * at;
        at += share;
        return <rect key={id} class={`fill-${COLOURS[id] ?? 6}`} x={from} width={100 * share} height="4" />;
      })}
    </svg>
  );
}

/** What was seen since the page was opened. */
function Minutes({ rates }: { rates: Rate[] }) {
  const drawn = {
    x: rates.map((one) => one.at),
    requests: rates.map((one) => one.requests / 3600),
    cost: rates.map((one) => one.cost),
    saved: rates.map((one) => one.saved),
  };
  return (
    <Curves
      of={drawn}
      requests="Requests a second, since this page was opened"
      money="Dollars an hour, since this page was opened"
    />
  );
}

/** As the gateway noted it, minute by minute; a stretch may be longer. */
function Hour({ series }: { series: Minute[] }) {
  const drawn = {
    x: series.map((one) => Date.parse(one.at) / 1000),
    requests: series.map((one) => (one.requests / one.seconds) * 60),
    cost: series.map((one) => perMinute(one, one.cost_usd)),
    saved: series.map((one) => perMinute(one, one.saved_usd)),
  };
  return <Curves of={drawn} requests="Requests a minute, the last hour" money="Dollars a minute, the last hour" />;
}

function perMinute({ seconds }: Minute, money: Usd): number | null {
  const value = amount(money);
  return value === null ? null : (value / seconds) * 60;
}

type Drawn = { x: number[]; requests: number[]; cost: (number | null)[]; saved: (number | null)[] };

function Curves({ of, requests, money }: { of: Drawn; requests: string; money: string }) {
  const xText = (at: number) => time(new Date(at * 1000));
  return (
    <div class="two">
      <Chart
        title={requests}
        x={of.x}
        xText={xText}
        text={rate}
        series={[{ name: "requests", values: of.requests, colour: 3 }]}
      />
      <Chart
        title={money}
        x={of.x}
        xText={xText}
        text={dollars}
        money
        series={[
          { name: "cost", values: of.cost, colour: 1 },
          { name: "saved", values: of.saved, colour: 0 },
        ]}
      />
    </div>
  );
}
