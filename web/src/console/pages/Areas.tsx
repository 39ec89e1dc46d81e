import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Corner, withCorner, withMoved } from "../logic/outline.ts";
import { polygonsOfGeometry, polygonsOfOutline, type Shape } from "../logic/shapes.ts";
import { type Fit, MapView } from "../parts/MapView.tsx";
import { Problem } from "../parts/Problem.tsx";
import { Scroll } from "../parts/Scroll.tsx";
import { useCells } from "../parts/useCells.ts";
import { useCrowdShapes } from "../parts/useCrowdShapes.ts";
import { ask } from "../state/actions.ts";
import { areas, remove } from "../state/areas.ts";
import { MOST_TOGETHER, polygonsOfCells } from "../state/cells.ts";
import { draft, goTo, previewed, setDraft, startDrawing, startEditing, startImport } from "../state/draft.ts";
import { strings } from "../strings.en.ts";
import type { AreaFeature, Kind } from "../wire.ts";
import { AreaEditor } from "./AreaEditor.tsx";

const texts = strings.areas;
const NO_AREAS: readonly AreaFeature[] = [];

/** Where nobody is placed, and where those inside meet: drawn, imported, shown as the cells that count. */
export function Areas() {
  const cells = useCells();
  useEffect(() => {
    void areas.refresh();
    return () => setDraft(null);
  }, []);
  const { value, error } = areas.look.value;
  const features = value?.features ?? NO_AREAS;
  return (
    <>
      <p class="lead">{texts.explains}</p>
      <Problem error={error} />
      {cells === "broken" && <p class="problem">{strings.map.broken}</p>}
      {draft.value === null && (
        <div class="row">
          <button type="button" class="primary" onClick={startDrawing}>
            {texts.draw}
          </button>
          <button type="button" onClick={startImport}>
            {texts.import}
          </button>
        </div>
      )}
      <div class="with-side wide-side">
        <AreaMap features={features} isReady={cells === "ready"} />
        <div class="side">
          {draft.value === null ? (
            <List features={features} isThere={value !== null} />
          ) : (
            <AreaEditor draft={draft.value} />
          )}
        </div>
      </div>
    </>
  );
}

/** The area that was chosen in the list, to be seen whole. */
const picked = signal<string | null>(null);

function AreaMap({ features, isReady }: { features: readonly AreaFeature[]; isReady: boolean }) {
  const now = draft.value;
  const context = useCrowdShapes();
  const drawing = now?.is === "drawing" ? now : null;
  const inForce = useMemo(
    () => (isReady ? features.map((area) => cellsShape(area, "in-force")) : []),
    [features, isReady],
  );
  const future = previewed.look.value.value?.features ?? NO_AREAS;
  const preview = useMemo(() => (isReady ? future.map((area) => cellsShape(area, "preview")) : []), [future, isReady]);
  const outlines = useMemo(() => {
    if (drawing === null) return future.map((area) => outlineShape(area));
    return [{ key: "drawn", polygons: polygonsOfOutline(drawing.outline), className: "outline", label: "" }];
  }, [drawing?.outline, drawing === null, future]);
  const others = drawing?.id ? inForce.filter(({ key }) => key !== `in-force ${drawing.id}`) : inForce;
  const shapes = useMemo(() => [...others, ...preview, ...outlines], [others.length, inForce, preview, outlines]);
  const fit = fitOf(features, inForce, preview, drawing?.id ?? null, now?.is === "import");
  return (
    <MapView
      label={texts.map}
      shapes={shapes}
      context={context}
      fit={fit}
      isDrawing={drawing !== null}
      {...(drawing === null ? {} : { corners: drawing.outline[drawing.ring] ?? [] })}
      onClick={(corner) => {
        if (drawing) setDraft({ ...drawing, outline: withCorner(drawing.outline, drawing.ring, corner) });
      }}
      onMove={(index, corner) => {
        if (drawing) setDraft({ ...drawing, outline: withMoved(drawing.outline, drawing.ring, index, corner) });
      }}
    />
  );
}

const HALF_DEG = 0.02;

function around({ lat, lon }: Corner): Corner[] {
  return [
    { lat: lat - HALF_DEG, lon: lon - HALF_DEG },
    { lat: lat + HALF_DEG, lon: lon + HALF_DEG },
  ];
}

/** What is to be seen whole: a chosen area, the one that is changed, a file's areas, else all in force. */
function fitOf(
  features: readonly AreaFeature[],
  inForce: readonly Shape[],
  preview: readonly Shape[],
  editing: string | null,
  isImport: boolean,
): Fit {
  const place = goTo.value;
  if (place) return { key: `at ${place.lat} ${place.lon}`, shapes: [{ polygons: polygonsOfOutline([around(place)]) }] };
  if (isImport && preview.length) return { key: `import ${preview.length}`, shapes: preview };
  const chosen = editing ?? picked.value;
  const one = inForce.filter(({ key }) => key === `in-force ${chosen}`);
  if (one.length) return { key: `one ${chosen}`, shapes: one };
  return { key: `all ${features.length > 0}`, shapes: inForce };
}

function cellsShape({ geometry, properties }: AreaFeature, state: "in-force" | "preview"): Shape {
  const polygons =
    properties.cells.length > MOST_TOGETHER ? polygonsOfGeometry(geometry) : polygonsOfCells(properties.cells);
  return {
    key: `${state} ${properties.id}`,
    polygons,
    className: `area ${properties.kind} ${state}`,
    label: `${properties.name} (${kindOf(properties.kind)})`,
  };
}

function outlineShape({ geometry, properties }: AreaFeature): Shape {
  return { key: `outline ${properties.id}`, polygons: polygonsOfGeometry(geometry), className: "outline", label: "" };
}

function kindOf(kind: string): string {
  return texts.kinds[kind as Kind] ?? kind;
}

function List({ features, isThere }: { features: readonly AreaFeature[]; isThere: boolean }) {
  if (isThere && features.length === 0) return <p class="hint">{texts.empty}</p>;
  return (
    <Scroll label={strings.chart.tableOf(texts.list)} isTall>
      <table>
        <caption>{texts.list}</caption>
        <thead>
          <tr>
            <th scope="col">{texts.name}</th>
            <th scope="col">{texts.kind}</th>
            <th scope="col" class="number">
              {texts.cells}
            </th>
            <td />
          </tr>
        </thead>
        <tbody>
          {features.map((area) => (
            <Row key={area.properties.id} area={area} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Row({ area }: { area: AreaFeature }) {
  const { id, name, kind, cells } = area.properties;
  return (
    <tr>
      <th scope="row" dir="auto">
        <button type="button" class="link" aria-label={texts.show(name)} onClick={() => (picked.value = id)}>
          {name}
        </button>
      </th>
      <td>
        <span class={`tag ${kind}`}>{kindOf(kind)}</span>
      </td>
      <td class="number">{cells.length.toLocaleString("en")}</td>
      <td>
        <div class="row tight">
          <button type="button" aria-label={texts.editOf(name)} onClick={() => startEditing(area)}>
            {texts.edit}
          </button>
          <button type="button" aria-label={texts.removeOf(name)} onClick={() => ask(remove(area))}>
            {texts.remove}
          </button>
        </div>
      </td>
    </tr>
  );
}
