import { strings } from "../strings.en.ts";

const REASONS = Object.entries(strings.member.reasons);

/** The reasons of a report, each a button that sends it. */
export function Reasons({ onReport }: { onReport: (reason: string) => void }) {
  return (
    <fieldset class="reasons">
      <legend>{strings.member.report}</legend>
      <div class="row">
        {REASONS.map(([reason, text]) => (
          <button key={reason} type="button" class="small" onClick={() => onReport(reason)}>
            {text}
          </button>
        ))}
      </div>
      <p class="hint">{strings.member.reportHint}</p>
    </fieldset>
  );
}
