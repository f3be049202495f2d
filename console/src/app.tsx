import type { ComponentChildren, FunctionComponent } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";

import { onSignedOut, signOut, whoIsThere, type ApiError } from "./api";
import { asError } from "./load";
import { Problem } from "./parts/shown";
import { href, usePlace, type Place } from "./route";
import { SignedIn } from "./session";
import { choose, keptTheme, THEMES, type Theme } from "./theme";
import type { Session } from "./types";
import { Audit } from "./views/audit";
import { Budgets } from "./views/budgets";
import { Configuration } from "./views/configuration";
import { Events } from "./views/events";
import { Keys } from "./views/keys";
import { Live } from "./views/live";
import { Login } from "./views/login";
import { Playground } from "./views/playground";
import { Portfolio } from "./views/portfolio";
import { Prices } from "./views/prices";
import { Providers } from "./views/providers";
import { Quality } from "./views/quality";
import { Spend } from "./views/spend";

interface View {
  title: string;
  /** The one question that it answers. */
  question: string;
  page: FunctionComponent<{ place: Place }>;
}

const VIEWS: Record<string, View> = {
  live: { title: "Live", question: "What is going on now?", page: Live },
  spend: { title: "Spend", question: "Who spends what?", page: Spend },
  events: { title: "Events", question: "What became of single requests, and why?", page: Events },
  quality: { title: "Quality", question: "Is what routes promise kept?", page: Quality },
  portfolio: { title: "Portfolio", question: "Do your own models pay?", page: Portfolio },
  budgets: { title: "Budgets", question: "How much is left?", page: Budgets },
  providers: { title: "Providers", question: "Who can be asked?", page: Providers },
  prices: { title: "Prices", question: "What do models cost, and from when?", page: Prices },
  keys: { title: "Keys", question: "Who may ask?", page: Keys },
  playground: { title: "Playground", question: "Where would this request go, and what would it cost?", page: Playground },
  configuration: { title: "Configuration", question: "What is in force?", page: Configuration },
  audit: { title: "Audit", question: "Who changed what?", page: Audit },
};

type Who = { session: Session | null; ended?: boolean } | { error: ApiError } | null;

/** Whoever is there, the frame, and the view that the address names. */
export function App() {
  const [who, setWho] = useState<Who>(null);
  const [entered, setEntered] = useState(false);
  const enter = (session: Session) => {
    setEntered(true);
    setWho({ session });
  };
  const look = () => {
    whoIsThere().then(
      (session) => setWho({ session }),
      (error) => setWho({ error: asError(error) }),
    );
  };
  useEffect(() => onSignedOut((ended) => setWho({ session: null, ended })), []);
  useEffect(look, []);
  useEffect(() => {
    if (who === null || !("error" in who)) return undefined;
    const timer = setTimeout(look, 3_000);
    return () => clearTimeout(timer);
  }, [who]);
  if (who === null) return <main class="login" aria-busy="true" />;
  if ("error" in who) {
    return (
      <main class="login">
        <h1>RouterGate</h1>
        <Problem error={who.error} again={look} />
      </main>
    );
  }
  if (who.session === null) return <Login ended={who.ended === true} onSignedIn={enter} />;
  return (
    <SignedIn.Provider value={who.session}>
      <Frame session={who.session} entered={entered} />
    </SignedIn.Provider>
  );
}

/** `entered`: somebody has just signed in, and is led to the heading; a page that is opened begins at its top. */
function Frame({ session, entered }: { session: Session; entered: boolean }) {
  const place = usePlace();
  const view = VIEWS[place.view] ?? NOWHERE;
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(!entered);
  useEffect(() => {
    document.title = `${view.title} · RouterGate`;
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [place.view, place.of]);
  const skip = (event: Event) => {
    event.preventDefault();
    heading.current?.focus();
  };
  const Page = view.page;
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <header>
        <a class="brand" href={href("live")}>
          RouterGate
        </a>
        <Navigation at={place.view} />
        <Settings role={session.role} />
      </header>
      <main id="content">
        <h1 ref={heading} tabIndex={-1}>
          {view.title}
        </h1>
        <p class="question">{view.question}</p>
        <Guarded key={place.view}>
          <Page place={place} />
        </Guarded>
      </main>
    </>
  );
}

/** A view that cannot show what it was told says so, and leaves the others alone. */
function Guarded({ children }: { children: ComponentChildren }) {
  const [error, again] = useErrorBoundary();
  return error ? <Problem error={asError(error)} again={again} /> : <>{children}</>;
}

function Navigation({ at }: { at: string }) {
  const list = useRef<HTMLElement>(null);
  // On a phone the list is wider than the screen.
  useEffect(() => list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [at]);
  return (
    <nav ref={list} aria-label="Views">
      <ul>
        {Object.entries(VIEWS).map(([id, view]) => (
          <li key={id}>
            <a href={href(id)} {...(id === at ? { "aria-current": "page" } : {})}>
              {view.title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Settings({ role }: { role: Session["role"] }) {
  const [theme, setTheme] = useState(keptTheme);
  const [error, setError] = useState<ApiError | null>(null);
  const chosen = (wanted: Theme) => {
    choose(wanted);
    setTheme(wanted);
  };
  const leave = () => void signOut().catch((failed) => setError(asError(failed)));
  return (
    <div class="settings">
      <span class="role" title={role === "viewer" ? "You may look, and change nothing." : undefined}>
        {role} {role === "viewer" && <small>(reads only)</small>}
      </span>
      <label>
        <span>Colours</span>
        <select value={theme} onChange={(event) => chosen(event.currentTarget.value as Theme)}>
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <button type="button" onClick={leave}>
        Sign out
      </button>
      {error && <Problem error={error} />}
    </div>
  );
}

const NOWHERE: View = {
  title: "Not here",
  question: "There is no such view.",
  page: () => (
    <p>
      Choose one of those in the navigation, or go to <a href={href("live")}>what is going on now</a>.
    </p>
  ),
};
