import { useState } from "preact/hooks";

import { post } from "../api";
import { name, when } from "../format";
import { useDeed, usePages } from "../load";
import { Confirm, Dialog } from "../parts/dialog";
import { Badge, Money } from "../parts/figures";
import { NewKey } from "../parts/newkey";
import { Empty, ReadOnly, Shown } from "../parts/shown";
import { More, Table } from "../parts/table";
import { useMayChange } from "../session";
import type { Key, MadeKey } from "../types";

type Verb = "rotate" | "disable" | "enable" | "revoke";

/** What each does, said before it is done. */
const MEANINGS: Record<Verb, string> = {
  rotate: "A new key of the same owner and scope takes over; the old one goes on for 24 hours, and then opens nothing.",
  disable: "The key opens nothing until it is enabled again. Requests that run are finished.",
  enable: "The key opens again what it opened before.",
  revoke: "The key opens nothing any more. This is final: whoever uses it needs another one.",
};

type Asked = { verb: Verb; key: Key };

export function Keys() {
  const mayChange = useMayChange();
  const keys = usePages<Key>("/keys");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [made, setMade] = useState<MadeKey | null>(null);
  const [making, setMaking] = useState(false);
  const shown = (key: MadeKey | null) => {
    setAsked(null);
    setMaking(false);
    setMade(key);
    keys.again();
  };
  return (
    <>
      {mayChange ? (
        <p>
          <button type="button" class="main" onClick={() => setMaking(true)}>
            Make a key
          </button>
        </p>
      ) : (
        <ReadOnly what="make, rotate, disable or revoke keys" />
      )}
      <Shown of={keys}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>There are no keys in the store. Those that the configuration declares are not listed here.</Empty>
          ) : (
            <>
              <List rows={rows} onAsked={mayChange ? setAsked : null} />
              <More of={keys} />
            </>
          )
        }
      </Shown>
      {making && <NewKey onMade={shown} onClose={() => setMaking(false)} />}
      {asked && <Ask asked={asked} onDone={shown} onClose={() => setAsked(null)} />}
      {made && <OnlyOnce made={made} onClose={() => setMade(null)} />}
    </>
  );
}

function List({ rows, onAsked }: { rows: Key[]; onAsked: ((asked: Asked) => void) | null }) {
  return (
    <Table<Key>
      caption="Keys of the store; those that the configuration declares are not among them"
      rows={rows}
      fields={[
        { name: "Key", of: (row) => <code>{row.id}</code> },
        { name: "Name", of: (row) => row.name ?? "–" },
        { name: "State", of: (row) => <Badge>{row.state}</Badge> },
        ...(onAsked ? [{ name: "Change", of: (row: Key) => <Verbs of={row} onAsked={onAsked} /> }] : []),
        { name: "Organisation", of: (row) => row.organisation },
        { name: "Team", of: (row) => name(row.team) },
        { name: "Feature", of: (row) => name(row.feature) },
        { name: "Customer", of: (row) => name(row.customer) },
        { name: "Budget", unit: "USD", number: true, of: (row) => (row.budget_usd ? <Money of={row.budget_usd} /> : "none") },
        { name: "Created", of: (row) => when(row.created) },
        { name: "Expires", of: (row) => (row.expires ? when(row.expires) : "never") },
      ]}
    />
  );
}

/** What can be done to a key in its state. */
const VERBS: Record<string, Verb[]> = {
  active: ["rotate", "disable", "revoke"],
  disabled: ["enable", "revoke"],
  expired: ["revoke"],
};

function Verbs({ of, onAsked }: { of: Key; onAsked: (asked: Asked) => void }) {
  return (
    <span class="buttons">
      {(VERBS[of.state] ?? []).map((verb) => (
        <button key={verb} type="button" aria-label={`${verb} ${of.id}`} onClick={() => onAsked({ verb, key: of })}>
          {verb}
        </button>
      ))}
    </span>
  );
}

interface AskProps {
  asked: Asked;
  onDone: (made: MadeKey | null) => void;
  onClose: () => void;
}

function Ask({ asked: { verb, key }, onDone, onClose }: AskProps) {
  const deed = useDeed(() => post<Partial<MadeKey>>(`/keys/${key.id}/${verb}`));
  const done = (answer: Partial<MadeKey>) => onDone(verb === "rotate" ? (answer as MadeKey) : null);
  return (
    <Confirm title={`${verb} ${key.id}?`} verb={verb} deed={deed} onDone={done} onClose={onClose}>
      <p>
        {key.name ?? "The key"} of {key.organisation}. {MEANINGS[verb]}
      </p>
    </Confirm>
  );
}

function OnlyOnce({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(made.key).then(() => setCopied(true));
  return (
    <Dialog title="The new key" onClose={onClose}>
      <p>
        This is the only time that it is shown: keep it where your application finds it. Here it is known as{" "}
        <code>{made.id}</code>.
      </p>
      <p>
        <code class="secret">{made.key}</code>
      </p>
      <div class="buttons">
        <button type="button" class="main" onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </button>
        <form method="dialog">
          <button type="submit">I have it</button>
        </form>
      </div>
    </Dialog>
  );
}
