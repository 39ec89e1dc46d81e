import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo } from "preact/hooks";
import { AuditTable } from "../parts/AuditTable.tsx";
import { done } from "../state/actions.ts";
import { auditOf, says } from "../state/audit.ts";
import { strings } from "../strings.en.ts";

const texts = strings.audit;

/** What operators did, and why. */
export function Audit() {
  const id = useId();
  const list = useMemo(() => auditOf(null), []);
  const filter = useSignal("");
  // What is done meanwhile, by the bar's undo, belongs at the top.
  const last = done.value;
  useEffect(() => {
    if (last !== undefined) void list.refresh();
  }, [list, last]);
  return (
    <>
      <p class="lead">{texts.explains}</p>
      <div class="field narrow">
        <label for={id}>{texts.filter}</label>
        <input
          id={id}
          type="search"
          aria-describedby={`${id}-hint`}
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
        <p id={`${id}-hint`} class="hint">
          {texts.filterHint}
        </p>
      </div>
      <AuditTable
        list={list}
        empty={texts.empty}
        hasTarget
        keep={(entry) => says(entry, filter.value, texts.actions[entry.action] ?? "")}
      />
    </>
  );
}
