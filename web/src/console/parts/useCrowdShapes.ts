import { useEffect, useMemo } from "preact/hooks";
import { polygonsOfGeometry, type Shape } from "../logic/shapes.ts";
import { cellsAt, hours, loadHour } from "../state/crowd.ts";

const CELLS = 7;

/** Where people were lately, to tell where one is on a map without coasts and streets. No more is told than by the crowd map. */
export function useCrowdShapes(): readonly Shape[] {
  useEffect(() => void hours.refresh(), []);
  const hourMs = hours.look.value.value?.findLast(({ atLeast }) => atLeast > 0)?.hourMs ?? null;
  useEffect(() => {
    if (hourMs === null) return;
    loadHour(hourMs, CELLS).catch(() => {
      // The map is there without it.
    });
  }, [hourMs]);
  const features = hourMs === null ? null : cellsAt(hourMs, CELLS);
  return useMemo(
    () =>
      (features ?? []).map(({ geometry, properties }) => ({
        key: `context ${properties.cell}`,
        polygons: polygonsOfGeometry(geometry),
        className: "context",
        label: "",
      })),
    [features],
  );
}
