import { useState } from "preact/hooks";

import { post } from "../api";
import { useDeed } from "../load";
import type { MadeKey } from "../types";
import { Dialog } from "./dialog";
import { Choice, Form, Input } from "./form";
import { Problem } from "./shown";

const BLANK = {
  organisation: "",
  team: "",
  customer: "",
  feature: "",
  name: "",
  allow: "",
  expires: "",
  budget_usd: "",
  window: "month",
};
type Wanted = typeof BLANK;

/** What the admin API is asked: only what was filled in; a list where it takes one. */
function asked({ allow, window, ...wanted }: Wanted): Record<string, unknown> {
  const filled = Object.entries(wanted).filter(([, value]) => value.trim());
  const allowed = allow
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  return {
    ...Object.fromEntries(filled),
    ...(allowed.length ? { allow: allowed } : {}),
    ...(wanted.budget_usd ? { budget_usd: Number(wanted.budget_usd), window } : {}),
  };
}

export function NewKey({ onMade, onClose }: { onMade: (made: MadeKey) => void; onClose: () => void }) {
  const [wanted, setWanted] = useState(BLANK);
  const making = useDeed(() => post<MadeKey>("/keys", asked(wanted)));
  const make = async () => {
    const made = await making.run();
    if (made) onMade(made);
  };
  const field = (of: keyof Wanted) => ({ value: wanted[of], onInput: (value: string) => setWanted({ ...wanted, [of]: value }) });
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <Form label="Make a key" onSubmit={make}>
        {making.error && <Problem error={making.error} />}
        <div class="fields">
          <Input name="Organisation" {...field("organisation")} required />
          <Input name="Team" {...field("team")} />
          <Input name="Customer" {...field("customer")} note="Bound to it: the key may not name another one." />
          <Input name="Feature" {...field("feature")} note="Bound to it, likewise." />
          <Input name="Name" {...field("name")} note="What you call it." />
          <Input name="Models and routes" {...field("allow")} note="Those it may use, separated by commas; empty: all." />
          <Input name="Expires" {...field("expires")} placeholder="90d" note="A time such as 90d or 2027-01-31; empty: never." />
          <Input name="Budget (USD)" type="number" step="any" {...field("budget_usd")} note="Empty: no bound of its own." />
          <Choice
            name="Window"
            value={wanted.window}
            options={["hour", "day", "week", "month", "total"]}
            onChange={(window) => setWanted({ ...wanted, window })}
          />
        </div>
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={making.busy}>
            Make the key
          </button>
        </div>
      </Form>
    </Dialog>
  );
}
