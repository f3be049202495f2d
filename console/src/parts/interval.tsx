interface IntervalProps {
  name: string;
  /** Where the scale begins; it ends at 1. */
  from: number;
  low: number;
  mean: number;
  high: number;
  threshold: number | null;
}

const WIDTH = 160;

/** Where a scale begins on which all of these can be told apart. */
export function scale(values: (number | null | undefined)[]): number {
  const least = Math.min(1, ...values.filter((value) => typeof value === "number"));
  return Math.max(0, Math.floor(10 * least - 1) / 10);
}

/** A measured number with its interval, against the promise. */
export function Interval({ name, from, low, mean, high, threshold }: IntervalProps) {
  const at = (value: number) => WIDTH * Math.min(Math.max((value - from) / (1 - from), 0), 1);
  const said = `${name}: ${mean.toFixed(3)}, from ${low.toFixed(3)} to ${high.toFixed(3)}`;
  const tone = threshold === null ? "plain" : high < threshold ? "bad" : mean < threshold ? "warn" : "good";
  return (
    <svg class={`interval ${tone}`} role="img" viewBox={`-4 0 ${WIDTH + 8} 16`} aria-label={said}>
      <title>{threshold === null ? said : `${said}; promised ${threshold.toFixed(3)}`}</title>
      <line class="track" x1="0" x2={WIDTH} y1="8" y2="8" />
      <line class="range" x1={at(low)} x2={at(high)} y1="8" y2="8" />
      <circle cx={at(mean)} cy="8" r="4" />
      {threshold !== null && <line class="threshold" x1={at(threshold)} x2={at(threshold)} y1="1" y2="15" />}
    </svg>
  );
}
