import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { loadCells } from "../state/cells.ts";

export type Cells = "loading" | "ready" | "broken";

/** Loads what turns positions into cells and cells into outlines, and says how far that is. */
export function useCells(): Cells {
  const cells = useSignal<Cells>("loading");
  useEffect(() => {
    loadCells().then(
      () => {
        cells.value = "ready";
      },
      () => {
        cells.value = "broken";
      },
    );
  }, [cells]);
  return cells.value;
}
