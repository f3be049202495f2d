/** What the admin API says. Money is text of dollars with all digits; `null` is unknown, and never free. */

export type Usd = string | null;
/** ISO 8601, UTC. */
export type Instant = string;

export interface Session {
  role: "admin" | "viewer";
  csrf: string;
  expires: Instant;
}

export interface Page<Row> {
  data: Row[];
  next: string | null;
}

/** A stretch of time by its end. */
export interface Minute {
  at: Instant;
  seconds: number;
  requests: number;
  cost_usd: Usd;
  saved_usd: Usd;
}

export interface Live {
  at: Instant;
  since: Instant;
  requests: number;
  failed: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: Usd;
  baseline_usd: Usd;
  saved_usd: Usd;
  unpriced: number;
  by_class: Record<string, { requests: number; cost_usd: Usd }>;
  series?: Minute[];
}

export const DIMENSIONS = ["feature", "customer", "model", "organisation", "team", "key", "route", "provider", "class"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Spent {
  day?: string | null;
  month?: string | null;
  requests: number;
  failed: number;
  abandoned: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: Usd;
  loaded_usd?: Usd;
  baseline_usd: Usd;
  saved_usd: Usd;
  unpriced: number;
  estimated: number;
}
export type Group = Spent & { [dimension in Dimension]?: string | null };

export interface Spend {
  data: Group[];
  total: Spent;
}

export interface Event {
  id: string;
  decision_id: string;
  /** `event`; all else corrects the books. */
  kind: string;
  at: Instant;
  organisation: string;
  team: string | null;
  key: string | null;
  customer: string | null;
  feature: string | null;
  route: string | null;
  model: string | null;
  provider: string | null;
  class: string | null;
  outcome: string;
  cost_usd: Usd;
  baseline_usd: Usd;
  loaded_usd: Usd;
  quality: number | null;
  complexity: number | null;
  [more: string]: unknown;
}

export interface Candidate {
  model: string;
  provider?: string;
  class?: string;
  quality: number | null;
  stderr: number | null;
  lower?: number | null;
  asked?: boolean;
  cost_usd: Usd;
  loaded_cost_usd?: Usd;
  output_tokens?: number | null;
}

export interface Decision {
  id: string;
  route: string;
  model: string;
  rule: string;
  threshold: number | null;
  baseline: string | null;
  candidates: Candidate[];
  arm?: string | null;
  rejected: { model: string; reason: string }[];
  features?: {
    task: string | null;
    level: string;
    complexity: number;
    language: string | null;
    needs: string[];
    input_tokens: number;
  };
}

export interface Rating {
  n: number;
  mean: number;
  low: number;
  high: number;
}

/** What is known of how good answers were. */
export interface Known {
  requests: number;
  estimate: number | null;
  estimated: number;
  feedback: Rating | null;
}

export interface Measured extends Known {
  route: string;
  model: string;
  promised: number | null;
  baseline: string | null;
  calibrated: boolean;
  state: string | null;
  tasks: (Known & { task: string; threshold: number | null; state: string | null })[];
}

export interface Column {
  name: string;
  meaning: string;
  unit: string;
}

export interface BreakEven {
  model: string;
  fixed_usd_per_month: Usd;
  own_usd_per_request: Usd;
  bought_usd_per_request: Usd;
  /** `null`: there is none; `why_not` says what is in the way. */
  requests_per_month_to_break_even: number | null;
  requests_per_month_now: number;
  why_not: string | null;
}

export interface Portfolio {
  columns: Column[];
  rows: Record<string, unknown>[];
  total: Record<string, unknown> | null;
  notes: string[];
  break_even: BreakEven[];
}

/** A budget or a limit, and how it stands. */
export interface Budget {
  organisation: string;
  kind: "budget" | "limit";
  scope: string;
  /** `usd`, `tokens`, `requests`, … Money is text, all else a number. */
  measure: string;
  window: string | null;
  mode: string | null;
  when_reached: string | null;
  /** Whose it is; `null`: each has it for itself. */
  name: string | null;
  limit: string | number;
  spent: string | number | null;
  held: string | number | null;
  share: number | null;
  resets_at: Instant | null;
  /** Of the window; days without any are left out. */
  by_day?: { day: string; spent: string | number }[] | null;
}

export interface Circuit {
  model: string;
  server: string;
  state: string;
  since: Instant;
  retry_in_seconds: number;
  reason: string;
}

export interface Provider {
  id: string;
  kind: string;
  hosts: string[];
  servers: number;
  region: string | null;
  /** `null`: nobody here knows. */
  credentials: boolean | null;
  models: string[];
  state: string;
  /** Those that are not closed. */
  circuits: Circuit[];
  capacity: {
    utilisation: number | null;
    waiting_there: number | null;
    waiting_here: number;
    running_here: number;
  };
}

/** Rates by kind, dollars per million tokens, among what else there is to know of them. */
export interface RateCard {
  from: string;
  source?: string | null;
  [more: string]: unknown;
}

export interface Priced {
  model: string;
  provider: string;
  class: string;
  known: boolean;
  in_force: RateCard | null;
  next: RateCard | null;
  cards: RateCard[];
  fixed: Record<string, Record<string, unknown> | string | null> | null;
}

export interface Key {
  id: string;
  organisation: string;
  team: string | null;
  customer: string | null;
  feature: string | null;
  name: string | null;
  state: string;
  created?: Instant | null;
  expires?: Instant | null;
  budget_usd?: Usd;
  window?: string | null;
  [more: string]: unknown;
}

export interface MadeKey {
  id: string;
  key: string;
}

export interface Entry {
  at: Instant;
  by: string;
  action: string;
  on?: string | null;
  key?: string | null;
  changes?: Record<string, { from?: unknown; to?: unknown }>;
}

export interface Written {
  path: string;
  /** `null`: it may hold secrets, and is not shown. */
  yaml: string | null;
  digest: string;
  writable: boolean;
  why_not?: string | null;
}

export interface Finding {
  line: number | null;
  column: number | null;
  path: string | null;
  message: string;
  severity: "error" | "warning";
}

export interface Validated {
  ok: boolean;
  findings: Finding[];
  /** `null`: the texts are too long to be compared. */
  diff: string | null;
  effects?: string[];
}

export interface Applied {
  digest: string;
  in_force: boolean;
  problems: string[];
}

export interface RouteEntry {
  id: string;
  candidates: string[];
  threshold: number | null;
  baseline: string | null;
}

export interface ModelEntry {
  id: string;
  class: string;
  provider: string;
  capabilities: string[];
}
