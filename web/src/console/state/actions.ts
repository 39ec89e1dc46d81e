/** What an operator is about to do, and what was done last. Nothing is done without a reason. */
import { signal } from "@preact/signals";

/** One more thing to say beside the reason. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly initial: string;
  /** To choose from; without any it is text. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly isRequired?: boolean;
  readonly maxLength?: number;
  readonly isLong?: boolean;
}

export interface Action {
  readonly title: string;
  /** What happens, to whom, and what cannot be taken back. */
  readonly explains: string;
  /** What the button says: what is done, not "OK". */
  readonly submit: string;
  readonly isDanger?: boolean;
  readonly fields?: readonly Field[];
  /** Does it; rejects with the sentence of whoever refused. */
  readonly run: (reason: string, values: Readonly<Record<string, string>>) => Promise<void>;
  /** What is said when it is done. */
  readonly done: string;
  /** What takes it back, where the server can. */
  readonly undo?: () => Action;
}

export interface Done {
  readonly text: string;
  readonly undo: (() => Action) | null;
}

/** The action whose dialog is open. */
export const asked = signal<Action | null>(null);
export const done = signal<Done | null>(null);

export const MAX_REASON = 1_000;

export function ask(action: Action): void {
  asked.value = action;
}

/** Returns whether a reason says anything. */
export function isReason(text: string): boolean {
  const said = text.trim();
  return said.length > 0 && said.length <= MAX_REASON;
}

/** Does what was asked, and closes its dialog; rejects, and leaves the dialog open, if it was refused. */
export async function carryOut(
  action: Action,
  reason: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  if (!isReason(reason)) throw new RangeError("an action needs a reason");
  await action.run(reason.trim(), values);
  if (asked.value === action) asked.value = null;
  done.value = { text: action.done, undo: action.undo ?? null };
}
