import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { type Action, asked, carryOut, type Field, isReason, MAX_REASON } from "../state/actions.ts";
import { strings } from "../strings.en.ts";
import { Problem } from "./Problem.tsx";

/** The dialog of the action that is asked for; focus goes back to where it was when it closes. */
export function ActionDialog() {
  const action = asked.value;
  return action === null ? null : <Open key={action.title} action={action} />;
}

function Open({ action }: { action: Action }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const explanation = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      // What opened the dialog may be gone by what was done: then the way on, or else the page's heading, has it.
      const wayOn = document.querySelector("a.next") ?? document.querySelector("h1");
      const target = before instanceof HTMLElement && before.isConnected ? before : wayOn;
      if (target instanceof HTMLElement) target.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={heading}
      aria-describedby={explanation}
      onCancel={(event) => {
        event.preventDefault();
        asked.value = null;
      }}
    >
      <h2 id={heading}>{action.title}</h2>
      <p id={explanation}>{action.explains}</p>
      <ReasonForm action={action} />
    </dialog>
  );
}

function ReasonForm({ action }: { action: Action }) {
  const fields = action.fields ?? [];
  const values = useSignal<Readonly<Record<string, string>>>(
    Object.fromEntries(fields.map(({ name, initial }) => [name, initial])),
  );
  const reason = useSignal("");
  const lack = useSignal<string | null>(null);
  const error = useSignal<unknown>(null);
  const isWorking = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isWorking.value) return;
    lack.value = missing(fields, values.value, reason.value);
    if (lack.value !== null) return;
    isWorking.value = true;
    error.value = null;
    try {
      await carryOut(action, reason.value, values.value);
    } catch (refused) {
      error.value = refused;
    } finally {
      isWorking.value = false;
    }
  };
  const first = fields[0]?.name ?? null;
  return (
    <form class="stack" onSubmit={submit} noValidate>
      {fields.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          isFirst={field.name === first}
          value={values.value[field.name] ?? ""}
          onValue={(value) => {
            values.value = { ...values.value, [field.name]: value };
          }}
        />
      ))}
      <ReasonInput isFirst={first === null} value={reason.value} onValue={(value) => (reason.value = value)} />
      {lack.value !== null && (
        <p class="problem" role="alert">
          {lack.value}
        </p>
      )}
      <Problem error={error.value} />
      <div class="row end">
        <button type="button" onClick={() => (asked.value = null)}>
          {strings.cancel}
        </button>
        <button type="submit" class={action.isDanger ? "danger" : "primary"} aria-disabled={isWorking.value}>
          {isWorking.value ? strings.dialog.working : action.submit}
        </button>
      </div>
    </form>
  );
}

/** Returns what is still to be said, or null. */
function missing(fields: readonly Field[], values: Readonly<Record<string, string>>, reason: string): string | null {
  const empty = fields.find(({ name, isRequired }) => isRequired && !values[name]?.trim());
  if (empty) return strings.dialog.fieldMissing(empty.label);
  return isReason(reason) ? null : strings.dialog.reasonMissing;
}

interface InputProps {
  isFirst: boolean;
  value: string;
  onValue: (value: string) => void;
}

function ReasonInput({ isFirst, value, onValue }: InputProps) {
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  useFocus(input, isFirst);
  return (
    <div class="field">
      <label for={id}>{strings.dialog.reason}</label>
      <textarea
        id={id}
        ref={input}
        rows={3}
        maxLength={MAX_REASON}
        required
        aria-describedby={`${id}-hint`}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <p id={`${id}-hint`} class="hint">
        {strings.dialog.reasonHint}
      </p>
    </div>
  );
}

function FieldInput({ field, isFirst, value, onValue }: InputProps & { field: Field }) {
  const id = useId();
  const input = useRef<HTMLElement>(null);
  const hold = (element: HTMLElement | null) => {
    input.current = element;
  };
  useFocus(input, isFirst);
  const shared = {
    id,
    value,
    required: field.isRequired ?? false,
    onInput: (event: { currentTarget: { value: string } }) => onValue(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{field.label}</label>
      {field.choices ? (
        <select {...shared} ref={hold}>
          {field.choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      ) : field.isLong ? (
        <textarea {...shared} rows={3} maxLength={field.maxLength ?? MAX_REASON} ref={hold} />
      ) : (
        <input {...shared} type="text" maxLength={field.maxLength ?? 64} ref={hold} />
      )}
    </div>
  );
}

function useFocus(element: { readonly current: HTMLElement | null }, isWanted: boolean): void {
  useEffect(() => {
    if (isWanted) element.current?.focus();
  }, [element, isWanted]);
}
