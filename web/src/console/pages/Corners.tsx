import { useId } from "preact/hooks";
import { type Corner, type Outline, withCorner, withHalved, withMoved, withoutCorner } from "../logic/outline.ts";
import { Scroll } from "../parts/Scroll.tsx";
import { type Drawing, setDraft } from "../state/draft.ts";
import { strings } from "../strings.en.ts";

const texts = strings.areas;
/** Where a first corner is put by keyboard. */
const FIRST: Corner = { lat: 0, lon: 0 };

/** The corners as numbers: all that can be done with the pointer on the map is done here by keyboard. */
export function Corners({ draft }: { draft: Drawing }) {
  const corners = draft.outline[draft.ring] ?? [];
  const change = (outline: Outline) => setDraft({ ...draft, outline });
  return (
    <>
      {draft.outline.length > 1 && <PartChoice draft={draft} />}
      <Scroll label={strings.chart.tableOf(texts.corners)}>
        <table class="corners">
          <caption>{texts.corners}</caption>
          <thead>
            <tr>
              <th scope="col">{texts.lat}</th>
              <th scope="col">{texts.lon}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {corners.map((corner, index) => (
              <tr key={index}>
                <Coordinate axis="lat" {...{ draft, corner, index, change }} />
                <Coordinate axis="lon" {...{ draft, corner, index, change }} />
                <td>
                  <div class="row tight">
                    <button
                      type="button"
                      class="short"
                      aria-label={texts.halveOf(index + 1)}
                      title={texts.halveOf(index + 1)}
                      onClick={() => change(withHalved(draft.outline, draft.ring, index))}
                    >
                      {texts.halve}
                    </button>
                    <button
                      type="button"
                      class="short"
                      aria-label={texts.removeCornerOf(index + 1)}
                      title={texts.removeCornerOf(index + 1)}
                      onClick={() => change(withoutCorner(draft.outline, draft.ring, index))}
                    >
                      {texts.removeCorner}
                    </button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <button
        type="button"
        class="fit"
        onClick={() => change(withCorner(draft.outline, draft.ring, corners.at(-1) ?? FIRST))}
      >
        {texts.addCorner}
      </button>
    </>
  );
}

interface CoordinateProps {
  draft: Drawing;
  corner: Corner;
  index: number;
  axis: "lat" | "lon";
  change: (outline: Outline) => void;
}

function Coordinate({ draft, corner, index, axis, change }: CoordinateProps) {
  return (
    <td>
      <input
        type="number"
        step="0.0001"
        aria-label={`${texts.corner(index + 1)}, ${texts[axis]}`}
        value={corner[axis]}
        onChange={(event) => {
          const value = event.currentTarget.valueAsNumber;
          change(withMoved(draft.outline, draft.ring, index, { ...corner, [axis]: value }));
        }}
      />
    </td>
  );
}

function PartChoice({ draft }: { draft: Drawing }) {
  const id = useId();
  return (
    <div class="field inline">
      <label for={id}>{texts.ring}</label>
      <select
        id={id}
        value={String(draft.ring)}
        onChange={(event) => setDraft({ ...draft, ring: Number(event.currentTarget.value) })}
      >
        {draft.outline.map((_, ring) => (
          <option key={ring} value={ring}>
            {texts.partOf(ring + 1, draft.outline.length)}
          </option>
        ))}
      </select>
    </div>
  );
}
