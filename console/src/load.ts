import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { ApiError, page, type Query } from "./api";
import type { Page } from "./types";

/** Milliseconds after which is asked again what could not be had for now. */
const PAUSE = 3_000;

export interface Loaded<T> {
  data: T | null;
  /** Why `data` is missing, or is that of an earlier time. */
  error: ApiError | null;
  /** When `data` came. */
  at: Date | null;
  busy: boolean;
  again: () => void;
}

/**
 * What `load` gives, anew whenever `key` changes, and every `every` milliseconds while the page is looked at.
 * While the gateway or its store is away, it is tried again by itself.
 */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>, every?: number): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "again">>({ data: null, error: null, at: null, busy: true });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => setState({ data: null, error: null, at: null, busy: true }), [key]);
  useEffect(() => {
    const stopped = new AbortController();
    setState((was) => ({ ...was, busy: true }));
    latest.current(stopped.signal).then(
      (data) => stopped.signal.aborted || setState({ data, error: null, at: new Date(), busy: false }),
      (error) => stopped.signal.aborted || setState((was) => ({ ...was, error: asError(error), busy: false })),
    );
    return () => stopped.abort();
  }, [key, round]);
  const again = useCallback(() => setRound((was) => was + 1), []);
  useEffect(() => {
    const pause = every ?? (state.error && passes(state.error) ? PAUSE : null);
    if (pause === null || state.busy) return undefined;
    const timer = setTimeout(() => document.hidden || again(), pause);
    const seen = () => document.hidden || again();
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [every, state.busy, state.error, again]);
  return { ...state, again };
}

function passes(error: ApiError): boolean {
  return error.status === 0 || error.status === 503;
}

export interface Pages<Row> extends Loaded<Row[]> {
  /** Get the rows that follow, where there are any. */
  more: (() => void) | null;
}

/** A list, as far as it has been asked for. */
export function usePages<Row>(path: string, query: Query = {}): Pages<Row> {
  const key = path + JSON.stringify(query);
  const first = useLoaded(key, (signal) => page<Row>(path, query, signal));
  const [rest, setRest] = useState<Page<Row>[]>([]);
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  useEffect(() => {
    setRest([]);
    setTrouble(null);
  }, [first.data]);
  const next = (rest.at(-1) ?? first.data)?.next ?? null;
  const more =
    next === null
      ? null
      : () => {
          page<Row>(path, { ...query, cursor: next }).then(
            (found) => setRest([...rest, found]),
            (error) => setTrouble(asError(error)),
          );
        };
  const data = first.data && [first.data, ...rest].flatMap((one) => one.data);
  return { ...first, error: first.error ?? trouble, data, more };
}

/** Something that is done once, when asked for. */
export interface Deed<T> {
  run: () => Promise<T | null>;
  busy: boolean;
  error: ApiError | null;
}

export function useDeed<T>(deed: () => Promise<T>): Deed<T> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      return await deed();
    } catch (failed) {
      setError(asError(failed));
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error };
}

export function asError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof Error ? error.message : String(error), 0);
}
