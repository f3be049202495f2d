import { go } from "../route";
import { DIMENSIONS } from "../types";

const NAMES: readonly string[] = [...DIMENSIONS, "outcome"];

export function filtersOf(query: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([name]) => NAMES.includes(name)));
}

/** The filters in force, each with a way to lift it. */
export function Filters({ view, query }: { view: string; query: Record<string, string> }) {
  const filters = Object.entries(filtersOf(query));
  if (filters.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {filters.map(([name, value]) => (
        <li key={name}>
          <button
            type="button"
            aria-label={`no longer only ${name} ${value || "none"}`}
            onClick={() => go(view, { ...query, [name]: null })}
          >
            {name}: {value || "(none)"} <span aria-hidden="true">✕</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
