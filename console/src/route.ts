import { useEffect, useState } from "preact/hooks";

import { search, type Query } from "./api";

/** Where one is: `#/spend?by=team`. Kept in the address, so that it can be shared, and the back button works. */
export interface Place {
  view: string;
  /** What follows the view's name. */
  of: string | null;
  query: Record<string, string>;
}

export function here(): Place {
  const [path = "", asked = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", ...of] = path.split("/").map(decodeURIComponent);
  return { view: view || "live", of: of.join("/") || null, query: Object.fromEntries(new URLSearchParams(asked)) };
}

export function href(view: string, query: Query = {}): string {
  return `#/${view}${search(query)}`;
}

export function go(view: string, query: Query = {}): void {
  location.hash = href(view, query);
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return place;
}
