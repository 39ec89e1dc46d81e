import { dayAndTime, machineTime, spanOf } from "../logic/clock.ts";
import { nowMs } from "../state/clock.ts";
import { strings } from "../strings.en.ts";

/** A moment: as a time or, with `ago`, how long ago. */
export function Time({ atMs, ago = false }: { atMs: number; ago?: boolean }) {
  const full = dayAndTime(atMs, nowMs.value);
  return (
    <time dateTime={machineTime(atMs)} title={full}>
      {ago ? strings.ago(spanOf(nowMs.value - atMs)) : full}
    </time>
  );
}
