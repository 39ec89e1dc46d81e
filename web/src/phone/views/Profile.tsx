import type { MeAnswer } from "@wire";
import { useId, useState } from "preact/hooks";
import * as store from "../app/store.ts";
import { attempt } from "../app/trouble.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";

const MAX_TAGS = 3;

export function Profile({ me }: { me: MeAnswer }) {
  const session = useSession();
  const [name, setName] = useState(me.name ?? "");
  const [lang, setLang] = useState(me.lang ?? "");
  const [tags, setTags] = useState<readonly string[]>(me.tags);
  const id = useId();
  const text = strings.me;
  const offered = [...new Set([...(store.facts.value?.tags ?? []), ...me.tags])];
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const change = { name: name.trim() || null, lang: lang.trim() || null, tags: [...tags] };
    const now = await attempt(() => session.api.changeMe(change));
    if (now === undefined) return;
    store.me.value = now;
    setName(now.name ?? "");
    setLang(now.lang ?? "");
    store.tell(text.saved);
  };
  return (
    <form class="card stack" onSubmit={submit}>
      <label for={`${id}-name`}>{text.name}</label>
      <input
        id={`${id}-name`}
        dir="auto"
        maxlength={64}
        autocomplete="nickname"
        aria-describedby={`${id}-name-hint`}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <p id={`${id}-name-hint`} class="hint">
        {text.nameHint}
      </p>
      <label for={`${id}-lang`}>{text.lang}</label>
      <input
        id={`${id}-lang`}
        dir="ltr"
        maxlength={35}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-describedby={`${id}-lang-hint`}
        value={lang}
        onInput={(event) => setLang(event.currentTarget.value)}
      />
      <p id={`${id}-lang-hint`} class="hint">
        {text.langHint}
      </p>
      {offered.length > 0 ? (
        <fieldset class="tags">
          <legend>{text.tags}</legend>
          {offered.map((tag) => (
            <label key={tag} class="tag">
              <input
                type="checkbox"
                checked={tags.includes(tag)}
                disabled={!tags.includes(tag) && tags.length >= MAX_TAGS}
                onChange={(event) =>
                  setTags(event.currentTarget.checked ? [...tags, tag] : tags.filter((other) => other !== tag))
                }
              />
              <span>{tag}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      <button type="submit" class="primary">
        {text.save}
      </button>
    </form>
  );
}
