import { useState } from "preact/hooks";

import { get, post, put, type ApiError } from "../api";
import { useDeed, useLoaded } from "../load";
import { Confirm } from "../parts/dialog";
import { Editor } from "../parts/editor";
import { Done, Empty, Problem, ReadOnly, Shown } from "../parts/shown";
import { useMayChange } from "../session";
import type { Applied, Finding, Validated, Written } from "../types";

export function Configuration() {
  const written = useLoaded("config", (signal) => get<Written>("/config", {}, signal));
  const [applied, setApplied] = useState<Applied | null>(null);
  const taken = (answer: Applied) => {
    setApplied(answer);
    written.again();
  };
  return (
    <>
      {applied && <Outcome of={applied} />}
      <Shown of={written}>
        {(found) => <Draft key={found.digest} of={found} onApplied={taken} onEdit={() => setApplied(null)} />}
      </Shown>
    </>
  );
}

function Outcome({ of }: { of: Applied }) {
  if (of.in_force) return <Done>It is in force.</Done>;
  return (
    <p class="notice bad" role="alert">
      It is written, and was not taken up; the one before stays in force: {of.problems.join(" ")}
    </p>
  );
}

interface DraftProps {
  of: Written;
  onApplied: (answer: Applied) => void;
  onEdit: () => void;
}

function Draft({ of, onApplied, onEdit }: DraftProps) {
  const mayChange = useMayChange();
  const [yaml, setYaml] = useState(of.yaml ?? "");
  const [checked, setChecked] = useState<Validated | null>(null);
  const [goTo, setGoTo] = useState<{ line: number } | null>(null);
  const [asking, setAsking] = useState(false);
  const checking = useDeed(async () => setChecked(await post<Validated>("/config/validate", { yaml })));
  const applying = useDeed(() => put<Applied>("/config", { yaml, digest: of.digest }));
  const edited = (text: string) => {
    setYaml(text);
    setChecked(null);
    onEdit();
  };
  const editable = mayChange && of.writable;
  if (of.yaml === null)
    return (
      <Empty>
        The file cannot be read as it is, and so nobody knows which parts of it are secret. Sign in with the admin key.
      </Empty>
    );
  return (
    <>
      <p class="note">
        <code>{of.path}</code>. Secrets are never in it: they are named as <code>{"${NAME}"}</code>, and come from the environment
        or files.
      </p>
      {!mayChange && <ReadOnly what="change the configuration" />}
      {mayChange && !of.writable && (
        <p class="notice">It cannot be changed here: {of.why_not ?? "the file cannot be written."}</p>
      )}
      <Editor text={yaml} onInput={edited} readOnly={!editable} findings={checked?.findings ?? []} goTo={goTo} />
      {checking.error && <Problem error={checking.error} />}
      <div class="buttons">
        {mayChange && (
          <button type="button" class="main" disabled={checking.busy} onClick={checking.run}>
            Check
          </button>
        )}
        {editable && (
          <button type="button" disabled={!checked?.ok || yaml === of.yaml} onClick={() => setAsking(true)}>
            Apply …
          </button>
        )}
        {editable && yaml !== of.yaml && (
          <button type="button" onClick={() => edited(of.yaml ?? "")}>
            Undo all changes
          </button>
        )}
      </div>
      {checked && <Verdict of={checked} onLine={(line) => setGoTo({ line })} />}
      {asking && (
        <Confirm
          title="Apply this configuration?"
          verb="Apply"
          deed={applying}
          onDone={onApplied}
          onClose={() => setAsking(false)}
        >
          <p>
            Requests that run are finished under the one before. Every worker takes it up, and every replica that reads this file.
          </p>
          <Remedy error={applying.error} />
        </Confirm>
      )}
    </>
  );
}

function Remedy({ error }: { error: ApiError | null }) {
  if (error?.code !== "config_changed") return null;
  return <p>Somebody has changed the file meanwhile. Copy what you wrote, load this page again, and write it in anew.</p>;
}

function Verdict({ of, onLine }: { of: Validated; onLine: (line: number) => void }) {
  return (
    <section aria-label="What the check found">
      {of.ok ? (
        <Done>{of.diff ? "It is right. This is what it would change:" : "It is right, and says what is in force."}</Done>
      ) : (
        <p class="notice bad" role="alert">
          It cannot be taken up:
        </p>
      )}
      {of.findings.length > 0 && (
        <ul class="findings">
          {of.findings.map((finding, at) => (
            <One key={at} of={finding} onLine={onLine} />
          ))}
        </ul>
      )}
      {of.effects && of.effects.length > 0 && (
        <ul>
          {of.effects.map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
      )}
      {of.diff && <Diff text={of.diff} />}
    </section>
  );
}

function One({ of, onLine }: { of: Finding; onLine: (line: number) => void }) {
  return (
    <li class={of.severity}>
      {of.line !== null && (
        <button type="button" onClick={() => onLine(of.line!)}>
          line {of.line}
        </button>
      )}{" "}
      <strong>{of.severity}</strong> {of.path && <code>{of.path}</code>} {of.message}
    </li>
  );
}

const KINDS: Record<string, string> = { "+": "added", "-": "removed", "@": "place" };

function Diff({ text }: { text: string }) {
  return (
    <pre class="diff" tabIndex={0} aria-label="What changes in the file">
      {text.split("\n").map((line, at) => (
        <span key={at} class={KINDS[line[0] ?? ""] ?? ""}>
          {line + "\n"}
        </span>
      ))}
    </pre>
  );
}
