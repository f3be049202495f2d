import { useRef, useState } from "preact/hooks";

import { asClient, get, playgroundKey } from "../api";
import { quality, usd, words as said } from "../format";
import { useDeed, useLoaded } from "../load";
import { Decided } from "../parts/decided";
import { Choice, Form, Input } from "../parts/form";
import { Problem, ReadOnly, Shown } from "../parts/shown";
import { useMayChange } from "../session";
import { words } from "../stream";
import type { Decision, Key, ModelEntry, Page, RouteEntry } from "../types";

interface Offer {
  routes: RouteEntry[];
  models: ModelEntry[];
  organisations: string[];
}

export function Playground() {
  const offer = useLoaded("offer", async (signal): Promise<Offer> => {
    const [routes, models, keys] = await Promise.all([
      get<Page<RouteEntry>>("/routes", { limit: 500 }, signal),
      get<Page<ModelEntry>>("/models", { limit: 500 }, signal),
      get<Page<Key>>("/keys", { limit: 500 }, signal),
    ]);
    const organisations = [...new Set(keys.data.map((key) => key.organisation))].sort();
    return { routes: routes.data, models: models.data, organisations };
  });
  return <Shown of={offer}>{(found) => <Bench offer={found} />}</Shown>;
}

interface Wanted {
  organisation: string;
  key: string;
  model: string;
  quality: string;
  prompt: string;
}

function Bench({ offer }: { offer: Offer }) {
  const mayChange = useMayChange();
  const [wanted, setWanted] = useState<Wanted>({
    organisation: offer.organisations[0] ?? "playground",
    key: "",
    model: offer.routes[0]?.id ?? offer.models[0]?.id ?? "",
    quality: "",
    prompt: "",
  });
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [decision, setDecision] = useState<Decision | null>(null);
  const opener = useOpener(wanted, mayChange);
  const estimating = useDeed(async () => {
    setAnswer(null);
    setDecision(null);
    const response = await asClient(await opener(), "/v1/route", question(wanted), wishes(wanted));
    setDecision((await response.json()) as Decision);
    return true;
  });
  const sending = useDeed(async () => {
    const key = await opener();
    await sent(key, wanted, setAnswer);
    return true;
  });
  const change = (of: keyof Wanted) => (value: string) => {
    setWanted({ ...wanted, [of]: value });
    setDecision(null);
  };
  const names = [
    ...offer.routes.map((route) => [route.id, `${route.id} (route, ${promise(route)})`] as const),
    ...offer.models.map((model) => [model.id, `${model.id} (${said(model.class)})`] as const),
  ];
  return (
    <>
      <Form label="A request" onSubmit={estimating.run}>
        {mayChange ? (
          <Input
            name="On behalf of organisation"
            value={wanted.organisation}
            onInput={change("organisation")}
            options={offer.organisations}
            required
            note="A key of it is made that ends within the hour; what is sent counts in its budgets and usage."
          />
        ) : (
          <>
            <ReadOnly what="try requests without a key of an application" />
            <Input
              name="Key of an application"
              type="password"
              value={wanted.key}
              onInput={change("key")}
              required
              note="Stays in this page."
            />
          </>
        )}
        <div class="controls">
          <Choice name="Model or route" value={wanted.model} options={names} onChange={change("model")} />
          <Input name="Quality, 0 to 1" value={wanted.quality} onInput={change("quality")} placeholder="the route's" />
        </div>
        <Prompt value={wanted.prompt} onInput={change("prompt")} />
        <div class="buttons">
          <button type="submit" class="main" disabled={estimating.busy || sending.busy}>
            Estimate
          </button>
          <button type="button" disabled={!decision || sending.busy} onClick={sending.run}>
            {decision ? `Send to ${decision.model} for about ${usd(decision.candidates[0]?.cost_usd)}` : "Send: estimate first"}
          </button>
        </div>
      </Form>
      {estimating.error && <Problem error={estimating.error} />}
      {sending.error && <Problem error={sending.error} />}
      {answer && <Answered of={answer} />}
      {decision && <Decided decision={decision} />}
    </>
  );
}

function promise(route: RouteEntry): string {
  return route.threshold === null ? "no threshold" : `quality ${quality(route.threshold)}`;
}

/** A key for the organisation: made when it is first needed, and used for as long as it is the same one. */
function useOpener(wanted: Wanted, mayChange: boolean): () => Promise<string> {
  const kept = useRef<{ organisation: string; key: string } | null>(null);
  return async () => {
    if (!mayChange) return wanted.key;
    if (kept.current?.organisation !== wanted.organisation) {
      const { key } = await playgroundKey(wanted.organisation);
      kept.current = { organisation: wanted.organisation, key };
    }
    return kept.current.key;
  };
}

function question({ model, prompt }: Wanted): Record<string, unknown> {
  return { model, messages: [{ role: "user", content: prompt }] };
}

function wishes({ quality: threshold }: Wanted): Record<string, string> {
  return threshold.trim() ? { "x-routergate-quality": threshold } : {};
}

interface Answer {
  model: string | null;
  decision: string | null;
  text: string;
  ended: boolean;
}

async function sent(key: string, wanted: Wanted, tell: (answer: Answer) => void): Promise<void> {
  const response = await asClient(key, "/v1/chat/completions", { ...question(wanted), stream: true }, wishes(wanted));
  let answer: Answer = {
    model: response.headers.get("x-routergate-model"),
    decision: response.headers.get("x-routergate-decision-id"),
    text: "",
    ended: false,
  };
  tell(answer);
  for await (const word of words(response)) {
    answer = { ...answer, text: answer.text + word };
    tell(answer);
  }
  tell({ ...answer, ended: true });
}

function Answered({ of }: { of: Answer }) {
  return (
    <section aria-label="The answer">
      <h2>The answer{of.model && ` of ${of.model}`}</h2>
      <div class="answer" aria-live="polite" aria-busy={!of.ended}>
        {of.text}
      </div>
      {of.ended && of.decision && (
        <p class="note">
          <a href={`#/events/${encodeURIComponent(of.decision)}`}>What it cost, and why it went there</a>
        </p>
      )}
    </section>
  );
}

function Prompt({ value, onInput }: { value: string; onInput: (value: string) => void }) {
  return (
    <div class="field">
      <label for="prompt">Prompt</label>
      <textarea id="prompt" rows={6} required value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </div>
  );
}
