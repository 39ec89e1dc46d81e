import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { HourTotal } from "../logic/crowd.ts";
import { strings } from "../strings.en.ts";

const texts = strings.crowd;
const PLAY_EVERY_MS = 1_000;

interface TimeSliderProps {
  readonly hours: readonly HourTotal[];
  readonly hourMs: number;
  readonly onPick: (hourMs: number) => void;
  readonly textOf: (hourMs: number) => string;
}

/** One of the hours, by slider, by buttons, or one after the other; above it how full they were. */
export function TimeSlider({ hours, hourMs, onPick, textOf }: TimeSliderProps) {
  const id = useId();
  const isPlaying = useSignal(false);
  const index = hours.findIndex((hour) => hour.hourMs === hourMs);
  const go = (to: number) => {
    const hour = hours[(to + hours.length) % hours.length];
    if (hour) onPick(hour.hourMs);
  };
  useEffect(() => {
    if (!isPlaying.value) return;
    const timer = setTimeout(() => go(index + 1), PLAY_EVERY_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div class="slider">
      <div class="row slider-head">
        <label for={id}>{texts.hour}</label>
        <output for={id} class="slider-value">
          {textOf(hourMs)}
        </output>
        <button type="button" disabled={index <= 0} onClick={() => go(index - 1)}>
          {texts.earlier}
        </button>
        <button type="button" disabled={index >= hours.length - 1} onClick={() => go(index + 1)}>
          {texts.later}
        </button>
        <button
          type="button"
          aria-pressed={isPlaying.value}
          disabled={hours.length < 2}
          onClick={() => (isPlaying.value = !isPlaying.value)}
        >
          {isPlaying.value ? texts.pause : texts.play}
        </button>
      </div>
      <Fullness hours={hours} index={index} />
      <input
        id={id}
        type="range"
        min={0}
        max={Math.max(0, hours.length - 1)}
        step={1}
        value={index}
        aria-valuetext={textOf(hourMs)}
        onInput={(event) => go(Number(event.currentTarget.value))}
      />
    </div>
  );
}

/** How full each hour was, as bars over the slider. */
function Fullness({ hours, index }: { hours: readonly HourTotal[]; index: number }) {
  const most = Math.max(1, ...hours.map(({ atLeast }) => atLeast));
  return (
    <svg class="fullness" viewBox={`0 0 ${hours.length} 1`} preserveAspectRatio="none" aria-hidden="true">
      {hours.map(({ hourMs, atLeast }, at) => (
        <rect
          key={hourMs}
          class={at === index ? "is-on" : ""}
          x={at + 0.1}
          width={0.8}
          y={1 - Math.max(atLeast / most, 0.04)}
          height={Math.max(atLeast / most, 0.04)}
        />
      ))}
    </svg>
  );
}
