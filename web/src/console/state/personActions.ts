/** What operators do about people. Each answers with the person as they are now. */
import { strings } from "../strings.en.ts";
import type { PersonAnswer } from "../wire.ts";
import type { Action, Field } from "./actions.ts";
import { call } from "./calls.ts";
import { sanctions } from "./server.ts";

const texts = strings.people;

/** Told of somebody as they are after an action; undefined if nothing is left of them. */
export type OnPerson = (person: PersonAnswer | undefined) => void;

const FOR_GOOD = "";

/** Returns the field that asks for how long; a ban may be for good. */
export function daysField(days: readonly number[], initial: number | null): Field {
  const choices = days.map((number) => ({ value: String(number), label: strings.days.of(number) }));
  return {
    name: "days",
    label: strings.days.label,
    initial: initial === null ? FOR_GOOD : String(initial),
    choices: initial === null ? [{ value: FOR_GOOD, label: strings.days.forGood }, ...choices] : choices,
  };
}

/** Returns how many days were chosen; null is for good. */
export function daysOf(values: Readonly<Record<string, string>>): number | null {
  return values.days ? Number(values.days) : null;
}

export const SUSPEND_DAYS = daysField([1, 3, 7, 14, 30], 1);
export const BAN_DAYS = daysField([7, 30, 90, 365], null);

export function ban(person: string, onPerson: OnPerson): Action {
  return {
    ...wordsOf("ban", person),
    isDanger: true,
    fields: [BAN_DAYS],
    undo: () => unban(person, onPerson),
    run: async (reason, values) => {
      told(
        onPerson,
        await call("POST /v1/admin/people/{person}/ban", { path: { person }, body: { reason, days: daysOf(values) } }),
      );
    },
  };
}

export function suspend(person: string, onPerson: OnPerson): Action {
  return {
    ...wordsOf("suspend", person),
    isDanger: true,
    fields: [SUSPEND_DAYS],
    undo: () => unban(person, onPerson),
    run: async (reason, values) => {
      const body = { reason, days: daysOf(values) ?? 1 };
      told(onPerson, await call("POST /v1/admin/people/{person}/suspend", { path: { person }, body }));
    },
  };
}

export function unban(person: string, onPerson: OnPerson): Action {
  return {
    ...wordsOf("unban", person),
    run: async (reason) => {
      told(onPerson, await call("POST /v1/admin/people/{person}/unban", { path: { person }, body: { reason } }));
    },
  };
}

export function verify(person: string, name: string | null, onPerson: OnPerson): Action {
  return {
    ...wordsOf("verify", person),
    fields: [{ name: "name", label: texts.verify.name, initial: name ?? "", isRequired: true }],
    undo: () => (name === null ? revoke(person, null, onPerson) : verify(person, name, onPerson)),
    run: async (reason, values) => {
      const body = { reason, name: (values.name ?? "").trim() };
      told(onPerson, await call("POST /v1/admin/people/{person}/verify", { path: { person }, body }));
    },
  };
}

export function revoke(person: string, name: string | null, onPerson: OnPerson): Action {
  return {
    ...wordsOf("revoke", person),
    isDanger: true,
    ...(name === null ? {} : { undo: () => verify(person, name, onPerson) }),
    run: async (reason) => {
      told(onPerson, await call("POST /v1/admin/people/{person}/revoke", { path: { person }, body: { reason } }));
    },
  };
}

export function noteAppeal(person: string, onPerson: OnPerson): Action {
  return {
    ...wordsOf("noteAppeal", person),
    fields: [
      { name: "text", label: texts.noteAppeal.text, initial: "", isRequired: true, isLong: true, maxLength: 1_000 },
    ],
    run: async (reason, values) => {
      const body = { reason, text: (values.text ?? "").trim() };
      told(onPerson, await call("POST /v1/admin/people/{person}/appeal", { path: { person }, body }));
    },
  };
}

type Deed = "verify" | "revoke" | "suspend" | "ban" | "unban" | "noteAppeal";

function wordsOf(deed: Deed, person: string) {
  const { label, title, explains, done } = texts[deed];
  return { title: title(person), explains, submit: label, done };
}

function told(onPerson: OnPerson, answer: PersonAnswer | undefined): void {
  onPerson(answer);
  void sanctions.refresh();
}
