import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Session } from "./types";

export const SignedIn = createContext<Session | null>(null);

/** Whether whoever is signed in may change things. */
export function useMayChange(): boolean {
  return useContext(SignedIn)?.role === "admin";
}
