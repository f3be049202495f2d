import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { tick } from "../format";
import { useThemeChanges } from "../theme";

export interface Series {
  name: string;
  values: (number | null)[];
  /** Its place among the colours of the palette. */
  colour: number;
  dashed?: boolean;
}

export interface Mark {
  at: number;
  name: string;
}

interface ChartProps {
  /** The question that it answers, with the unit. */
  title: string;
  /** Seconds since the epoch; or plain numbers, with a name. */
  x: number[];
  xName?: string;
  /** How a place on the x axis is said. */
  xText: (x: number) => string;
  series: Series[];
  text: (value: number | null) => string;
  /** Places on the x axis that matter, each with its name. */
  marks?: Mark[];
  money?: boolean;
  stacked?: boolean;
  kind?: "line" | "bars" | "steps";
}

const HEIGHT = 220;
const DAY = 86_400;

/** Numbers drawn; the same numbers are in a table below it, for whoever cannot see or hover. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const theme = useThemeChanges();
  useEffect(() => drawn(place.current!, props, setAt), [props.x, props.series, props.title, theme]);
  return (
    <figure class="chart">
      <figcaption>
        <span class="title">{props.title}</span>
        <span class="at">{at === null ? "" : props.xText(props.x[at] ?? 0)}</span>
      </figcaption>
      <ul class="legend">
        {props.series.map((one) => (
          <li key={one.name}>
            <i class={`swatch colour-${one.colour}`} aria-hidden="true" />
            {one.name}
            {at !== null && <b> {props.text(one.values[at] ?? null)}</b>}
          </li>
        ))}
      </ul>
      <div ref={place} class="plot" aria-hidden="true" />
      <Numbers {...props} />
    </figure>
  );
}

function Numbers({ title, x, xName = "time", xText, series, text }: ChartProps) {
  return (
    <details>
      <summary>The numbers</summary>
      <div class="scroll short" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{xName}</th>
              {series.map((one) => (
                <th key={one.name} scope="col" class="n">
                  {one.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {x.map((at, row) => (
              <tr key={at}>
                <th scope="row">{xText(at)}</th>
                {series.map((one) => (
                  <td key={one.name} class="n">
                    {text(one.values[row] ?? null)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** Draw, follow the width, and say how to take it away. */
function drawn(place: HTMLDivElement, props: ChartProps, told: (at: number | null) => void): () => void {
  const plot = new uPlot(options(place, props, told), data(props), place);
  const follower = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
  follower.observe(place);
  return () => {
    follower.disconnect();
    plot.destroy();
  };
}

/** Stacked series stand on each other's shoulders; the highest comes first, so that the lower ones cover it. */
function data({ x, series, stacked }: ChartProps): uPlot.AlignedData {
  if (!stacked) return [x, ...series.map((one) => one.values)];
  const sums = x.map(() => 0);
  const heights = series.map((one) => one.values.map((value, at) => (sums[at] = (sums[at] ?? 0) + (value ?? 0))));
  return [x, ...heights.reverse()];
}

function options(place: HTMLDivElement, props: ChartProps, told: (at: number | null) => void): uPlot.Options {
  const ink = resolved(place, "--muted");
  const line = resolved(place, "--line");
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui" };
  const order = props.stacked ? [...props.series].reverse() : props.series;
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    tzDate: (at) => (days(props.x) ? uPlot.tzDate(new Date(at * 1000), "Etc/UTC") : new Date(at * 1000)),
    scales: {
      x: { time: !props.xName, range: (_, low, high) => widened(props, low, high) },
      y: { range: (_, low, high) => [Math.min(low, 0), high > 0 ? high * 1.05 : 1] },
    },
    axes: [
      { ...axis, space: 70, values: (_, ticks) => ticks.map((at) => label(props, at)) },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((at) => (props.money ? `$${tick(at)}` : tick(at))) },
    ],
    series: [{}, ...order.map((one) => style(place, props, one))],
    hooks: { setCursor: [(plot) => told(plot.cursor.idx ?? null)], draw: [(plot) => marked(plot, props.marks ?? [], ink)] },
  };
}

/** Whether the places are whole days, which begin at midnight UTC. */
function days(x: number[]): boolean {
  return x.every((at) => at % DAY === 0);
}

function label({ x, xName }: ChartProps, at: number): string {
  if (xName) return tick(at);
  const iso = new Date((at - (days(x) ? 0 : 60 * new Date(at * 1000).getTimezoneOffset())) * 1000).toISOString();
  const span = (x.at(-1) ?? 0) - (x[0] ?? 0);
  if (days(x)) return span > 200 * DAY ? iso.slice(0, 7) : iso.slice(5, 10);
  return iso.slice(11, span > 300 ? 16 : 19);
}

/** Bars need half of their width on both sides. */
function widened({ x, kind }: ChartProps, low: number, high: number): [number, number] {
  const step = x.length > 1 ? x[1]! - x[0]! : DAY;
  const room = kind === "bars" || low === high ? step / 2 : 0;
  return [low - room, high + room];
}

function marked(plot: uPlot, marks: Mark[], ink: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = ink;
  ctx.textAlign = "left";
  ctx.setLineDash([4, 4]);
  for (const [row, mark] of marks.entries()) {
    const x = plot.valToPos(mark.at, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(mark.name, x + 6, bbox.top + 16 * devicePixelRatio * (row + 1));
  }
  ctx.restore();
}

function style(place: HTMLDivElement, { kind = "line", stacked }: ChartProps, one: Series): uPlot.Series {
  const colour = resolved(place, `--colour-${one.colour}`);
  const paths = {
    line: uPlot.paths.linear!(),
    bars: uPlot.paths.bars!({ size: [0.7, 40] }),
    steps: uPlot.paths.stepped!({ align: 1 }),
  };
  return {
    stroke: colour,
    width: kind === "bars" ? 0 : 2,
    paths: paths[kind],
    points: { show: false },
    ...(kind === "bars" || stacked ? { fill: colour } : {}),
    ...(one.dashed ? { dash: [6, 4] } : {}),
  };
}

/** The colour that a variable stands for in the theme in force; a canvas knows no variables. */
function resolved(place: HTMLElement, variable: string): string {
  place.style.color = `var(${variable})`;
  const colour = getComputedStyle(place).color;
  place.style.color = "";
  return colour;
}
