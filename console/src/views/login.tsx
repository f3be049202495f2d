import { useState } from "preact/hooks";

import { signIn } from "../api";
import { useDeed } from "../load";
import { Form, Input } from "../parts/form";
import { Empty, Problem } from "../parts/shown";
import type { Session } from "../types";

interface LoginProps {
  /** Whether a session was there, and has come to its end. */
  ended: boolean;
  onSignedIn: (session: Session) => void;
}

export function Login({ ended, onSignedIn }: LoginProps) {
  const [key, setKey] = useState("");
  const entering = useDeed(() => signIn(key));
  const enter = async () => {
    const session = await entering.run();
    if (session) onSignedIn(session);
  };
  return (
    <main class="login">
      <h1>RouterGate</h1>
      <p>The console of this gateway.</p>
      {ended && !entering.error && <Empty>Your session has ended. Sign in again, and you are where you were.</Empty>}
      {entering.error && <Problem error={entering.error} />}
      <Form label="Sign in" onSubmit={enter}>
        <Input
          name="Admin or viewer key"
          type="password"
          value={key}
          onInput={setKey}
          required
          note="ROUTERGATE_ADMIN_KEY may change things, ROUTERGATE_VIEWER_KEY may look. Keys of applications open nothing here."
        />
        <button type="submit" class="main" disabled={entering.busy}>
          Sign in
        </button>
      </Form>
    </main>
  );
}
