import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface InputProps {
  name: string;
  value: string;
  onInput: (value: string) => void;
  note?: string;
  type?: "text" | "password" | "date" | "number";
  required?: boolean;
  placeholder?: string;
  options?: string[];
  step?: string;
}

/** A field with its label; `options` are suggestions. */
export function Input({ name, value, onInput, note, options, type = "text", ...more }: InputProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <input
        id={id}
        // Its attributes are told apart by the type, which is only known when it is shown.
        type={type as "text"}
        value={value}
        autocomplete={type === "password" ? "current-password" : "off"}
        {...(options ? { list: `${id}-options` } : {})}
        {...(note ? { "aria-describedby": `${id}-note` } : {})}
        onInput={(event) => onInput(event.currentTarget.value)}
        {...more}
      />
      {note && (
        <small id={`${id}-note`} class="note">
          {note}
        </small>
      )}
      {options && (
        <datalist id={`${id}-options`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </div>
  );
}

interface ChoiceProps {
  name: string;
  value: string;
  options: readonly (string | readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}

export function Choice({ name, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => {
          const [given, text] = typeof option === "string" ? [option, option] : option;
          return (
            <option key={given} value={given}>
              {text}
            </option>
          );
        })}
      </select>
    </div>
  );
}

interface FormProps {
  onSubmit: () => void;
  children: ComponentChildren;
  label: string;
}

export function Form({ onSubmit, children, label }: FormProps) {
  const submitted = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form aria-label={label} onSubmit={submitted}>
      {children}
    </form>
  );
}
