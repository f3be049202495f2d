import type { ComponentChildren } from "preact";

import { UNKNOWN, usd } from "../format";
import type { Usd } from "../types";

/** Dollars; all digits on hovering. */
export function Money({ of }: { of: Usd | undefined }) {
  if (of === null || of === undefined) return <span class="unknown">{UNKNOWN}</span>;
  return <span title={`$${of}`}>{usd(of)}</span>;
}

interface FigureProps {
  name: string;
  unit?: string;
  note?: ComponentChildren;
  children: ComponentChildren;
}

/** One number, what it is, and its unit. */
export function Figure({ name, unit, note, children }: FigureProps) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <span class="number">{children}</span>
        {unit && <span class="unit"> {unit}</span>}
        {note && <div class="note">{note}</div>}
      </dd>
    </div>
  );
}

export function Figures({ children }: { children: ComponentChildren }) {
  return <dl class="figures">{children}</dl>;
}

const GOOD = new Set(["active", "closed", "trusted", "in force", "ok"]);
const BAD = new Set(["revoked", "open", "quarantined", "demoted", "failed", "error", "refused"]);

/** A state in a word; its colour is only a hint. */
export function Badge({ children }: { children: string }) {
  const tone = GOOD.has(children) ? "good" : BAD.has(children) ? "bad" : "plain";
  return <span class={`badge ${tone}`}>{children.replaceAll("_", " ")}</span>;
}

interface ShareProps {
  name: string;
  part: number;
  /** How much more is reserved. */
  reserved?: number;
}

/** How much of something is used, as a bar; the numbers stand beside it. */
export function Share({ name, part, reserved = 0 }: ShareProps) {
  const used = Math.min(Math.max(part, 0), 1);
  const more = Math.min(Math.max(reserved, 0), 1 - used);
  const tone = part >= 1 ? "bad" : part >= 0.8 ? "warn" : "good";
  return (
    <svg
      class="share"
      role="img"
      aria-label={`${name}: ${Math.round(100 * part)} %`}
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
    >
      <rect class="track" width="100" height="6" rx="1" />
      <rect class={tone} width={100 * used} height="6" rx="1" />
      <rect class="reserved" x={100 * used} width={100 * more} height="6" />
    </svg>
  );
}
