import type { ComponentChildren } from "preact";

import type { ApiError } from "../api";
import { time } from "../format";
import type { Loaded } from "../load";

/** What an operator can do about an error, by its code. */
const REMEDIES: Record<string, string> = {
  unreachable: "See whether the gateway still runs, and whether this machine reaches it.",
  store_unavailable: "Redis is away. Requests whose keys are known go on, and what they cost is kept on disk until it is back.",
  csrf_token_missing: "Somebody has signed in here in another tab meanwhile: load this page again.",
  read_only: "You are signed in to read only. Sign in with the admin key to change things.",
};

export function Problem({ error, again }: { error: ApiError; again?: () => void }) {
  const remedy = error.code ? REMEDIES[error.code] : undefined;
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>{error.message}</strong> {remedy}
      </p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="notice">{children}</div>;
}

export function Done({ children }: { children: ComponentChildren }) {
  return (
    <div class="notice good" role="status">
      {children}
    </div>
  );
}

interface ShownProps<T> {
  of: Loaded<T>;
  children: (data: T) => ComponentChildren;
}

/** What was loaded; or that it is being loaded, or why it could not be. What was there before stays visible. */
export function Shown<T>({ of, children }: ShownProps<T>) {
  const { data, error, at, again } = of;
  return (
    <div aria-busy={of.busy}>
      {error && <Problem error={error} again={again} />}
      {error && data && at && <p class="stale">Shown is how it was at {time(at)}.</p>}
      {data === null ? !error && <p class="loading">Loading …</p> : children(data)}
    </div>
  );
}

export function ReadOnly({ what }: { what: string }) {
  return <p class="notice">You are signed in to read only: to {what}, sign in with the admin key.</p>;
}
