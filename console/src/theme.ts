import { useEffect, useState } from "preact/hooks";

const KEPT = "routergate.theme";
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function keptTheme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

export function choose(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  apply(theme);
}

/** As chosen, or as the system has it. */
export function apply(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  dispatchEvent(new Event("themechange"));
}

/** Counts the changes of theme: a canvas has to be drawn anew. */
export function useThemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = () => setChanges((was) => was + 1);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("themechange", changed);
    dark.addEventListener("change", changed);
    return () => {
      removeEventListener("themechange", changed);
      dark.removeEventListener("change", changed);
    };
  }, []);
  return changes;
}
