import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { flawOf } from "../logic/outline.ts";
import { PositionForm } from "../parts/PositionForm.tsx";
import { Problem } from "../parts/Problem.tsx";
import { ask } from "../state/actions.ts";
import { put } from "../state/areas.ts";
import { MOST_TOGETHER } from "../state/cells.ts";
import { type Draft, type Drawing, fileOf, goTo, type Import, previewed, readFile, setDraft } from "../state/draft.ts";
import { strings } from "../strings.en.ts";
import type { Kind } from "../wire.ts";
import { Corners } from "./Corners.tsx";

const texts = strings.areas;
const KINDS: readonly Kind[] = ["quiet", "venue"];

/** An area while it is drawn, or a file before it counts. */
export function AreaEditor({ draft }: { draft: Draft }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const title = draft.is === "import" ? texts.import : draft.id === null ? texts.drawing : texts.editing(draft.name);
  return (
    <section class="panel stack" aria-labelledby="editor">
      <h2 id="editor" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {draft.is === "import" ? <FileForm draft={draft} /> : <DrawForm draft={draft} />}
      <Preview draft={draft} />
      <div class="row end">
        <button type="button" onClick={() => setDraft(null)}>
          {strings.cancel}
        </button>
        <Save draft={draft} />
      </div>
      {draft.is === "drawing" && <Corners draft={draft} />}
    </section>
  );
}

function Save({ draft }: { draft: Draft }) {
  const { value } = previewed.look.value;
  const file = fileOf(draft);
  const isReady = file !== null && value !== null;
  return (
    <button
      type="button"
      class="primary"
      disabled={!isReady}
      onClick={() => isReady && ask(put(file, draft.kind, value.features, () => setDraft(null)))}
    >
      {texts.save}
    </button>
  );
}

function DrawForm({ draft }: { draft: Drawing }) {
  const id = useId();
  return (
    <>
      <div class="field">
        <label for={id}>{texts.name}</label>
        <input
          id={id}
          type="text"
          maxLength={64}
          autocomplete="off"
          value={draft.name}
          onInput={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
      </div>
      <KindChoice label={texts.kind} value={draft.kind} onPick={(kind) => setDraft({ ...draft, kind })} />
      <p class="hint">{texts.drawHint}</p>
      <PositionForm
        label={strings.map.goTo}
        submit={strings.map.go}
        onPosition={(lat, lon) => (goTo.value = { lat, lon })}
      />
    </>
  );
}

function KindChoice({ label, value, onPick }: { label: string; value: Kind; onPick: (kind: Kind) => void }) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {KINDS.map((kind) => (
        <label key={kind} class="check">
          <input type="radio" name="kind" checked={kind === value} onChange={() => onPick(kind)} />
          <span>
            <strong>{texts.kinds[kind]}</strong> <span class="hint">{texts.kindsExplained[kind]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function FileForm({ draft }: { draft: Import }) {
  const id = useId();
  const lack = useSignal<string | null>(null);
  const read = async (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    if (!file) return;
    lack.value = null;
    try {
      setDraft({ ...draft, file: await readFile(file) });
    } catch (error) {
      setDraft({ ...draft, file: null });
      lack.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <>
      <KindChoice label={texts.importKind} value={draft.kind} onPick={(kind) => setDraft({ ...draft, kind })} />
      <div class="field">
        <label for={id}>{texts.importFile}</label>
        <input
          id={id}
          type="file"
          accept=".json,.geojson,application/geo+json,application/json"
          aria-describedby={`${id}-hint`}
          onChange={(event) => void read(event.currentTarget)}
        />
        <p id={`${id}-hint`} class="hint">
          {texts.importHint}
        </p>
      </div>
      {lack.value !== null && (
        <p class="problem" role="alert">
          {lack.value}
        </p>
      )}
    </>
  );
}

/** What is still wrong, or what the server says the draft would be. */
function Preview({ draft }: { draft: Draft }) {
  const { value, error, isLoading } = previewed.look.value;
  const cells = value?.features.reduce((sum, { properties }) => sum + properties.cells.length, 0) ?? 0;
  return (
    <div role="status">
      <p class="hint">{lackOf(draft)}</p>
      {isLoading && <p class="hint">{texts.previewing}</p>}
      <Problem error={error} />
      {value !== null && <p class="fine">{texts.preview(value.features.length, cells)}</p>}
      {value?.features.some(({ properties }) => properties.cells.length > MOST_TOGETHER) && (
        <p class="hint">{texts.tooManyCells}</p>
      )}
    </div>
  );
}

function lackOf(draft: Draft): string | null {
  if (draft.is === "import") return null;
  const flaw = flawOf(draft.outline);
  if (flaw !== null) return texts.flaws[flaw];
  return draft.name.trim() ? null : texts.nameMissing;
}
