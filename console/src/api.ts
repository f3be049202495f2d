import type { MadeKey, Page, Session } from "./types";

/** The admin API, and nothing else but the client API for the playground. */

const BASE = "/admin/v1";
const KNOWN_UNTIL = "routergate.session";
/** No session lasts longer; how long this one does is for the gateway to say. */
const LONGEST = 7 * 86_400_000;

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string | null = null,
    readonly metadata: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | null | undefined>;

let csrf = "";
let whenSignedOut = (_ended: boolean) => {};

/** `ended`: the session has come to its end, without anybody having asked for it. */
export function onSignedOut(then: (ended: boolean) => void): void {
  whenSignedOut = then;
}

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return ask<T>(path + search(query), signal ? { signal } : {});
}

export function page<Row>(path: string, query: Query, signal?: AbortSignal): Promise<Page<Row>> {
  return get<Page<Row>>(path, { limit: 50, ...query }, signal);
}

export function post<T>(path: string, body?: unknown): Promise<T> {
  return ask<T>(path, change("POST", body));
}

export function put<T>(path: string, body: unknown): Promise<T> {
  return ask<T>(path, change("PUT", body));
}

export async function signIn(key: string): Promise<Session> {
  return signedIn(await post<Session>("/session", { key }));
}

/** Whoever is signed in already; a browser that never was is not asked, so nothing fails for nothing. */
export async function whoIsThere(): Promise<Session | null> {
  const until = localStorage.getItem(KNOWN_UNTIL);
  if (until === null || Number(until) < Date.now()) return null;
  try {
    return signedIn(await get<Session>("/session"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export async function signOut(): Promise<void> {
  await ask<unknown>("/session", change("DELETE"));
  forget(false);
}

/** A key that ends within the hour, for whoever tries something out. */
export function playgroundKey(organisation: string): Promise<MadeKey> {
  return post<MadeKey>("/keys", { organisation, name: "playground", feature: "playground", expires: "1h" });
}

/** The client API, as an application asks it. */
export async function asClient(key: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> {
  const response = await reached(path, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    credentials: "omit",
  });
  if (!response.ok) throw await refusal(response);
  return response;
}

/** An empty value is asked for, too: it means those that have none. */
export function search(query: Query): string {
  const kept = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, String(value)]],
  );
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}

function signedIn(session: Session): Session {
  csrf = session.csrf;
  localStorage.setItem(KNOWN_UNTIL, String(Date.now() + LONGEST));
  return session;
}

function forget(ended: boolean): void {
  csrf = "";
  localStorage.removeItem(KNOWN_UNTIL);
  whenSignedOut(ended);
}

function change(method: string, body?: unknown): RequestInit {
  const headers: Record<string, string> = csrf ? { "x-csrf-token": csrf } : {};
  if (body === undefined) return { method, headers };
  return { method, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function ask<T>(path: string, how: RequestInit): Promise<T> {
  const response = await reached(BASE + path, { ...how, credentials: "same-origin" });
  if (response.status === 401 && path !== "/session") forget(true);
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? null : await response.json()) as T;
}

async function reached(path: string, how: RequestInit): Promise<Response> {
  try {
    return await fetch(path, how);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("The gateway does not answer.", 0, "unreachable");
  }
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const { error } = await response.json();
    return new ApiError(error.message, response.status, error.code, error.metadata ?? {});
  } catch {
    return new ApiError(`The gateway answered with status ${response.status}.`, response.status);
  }
}
