import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Deed } from "../load";
import { Problem } from "./shown";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** The browser's own dialog: it keeps the focus, ends with Escape and gives the focus back. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps<T> {
  title: string;
  verb: string;
  deed: Deed<T>;
  onDone: (answer: T) => void;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks before something is done that others notice. */
export function Confirm<T>({ title, verb, deed, onDone, onClose, children }: ConfirmProps<T>) {
  const confirmed = async () => {
    const answer = await deed.run();
    if (answer !== null) onDone(answer);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {deed.error && <Problem error={deed.error} />}
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={deed.busy} onClick={confirmed}>
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
