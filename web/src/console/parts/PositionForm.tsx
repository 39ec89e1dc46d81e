import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { strings } from "../strings.en.ts";

interface PositionFormProps {
  readonly label: string;
  readonly submit: string;
  readonly onPosition: (lat: number, lon: number) => void;
}

/** Latitude and longitude by keyboard, wherever a map takes a click. Not a form: it stands in others. */
export function PositionForm({ label, submit, onPosition }: PositionFormProps) {
  const lat = useSignal(Number.NaN);
  const lon = useSignal(Number.NaN);
  const id = useId();
  const isThere = Math.abs(lat.value) <= 90 && Math.abs(lon.value) <= 180;
  const axis = (value: typeof lat, name: string) => (
    <input
      type="number"
      step="any"
      aria-label={name}
      placeholder={name}
      onInput={(event) => (value.value = event.currentTarget.valueAsNumber)}
    />
  );
  return (
    <fieldset class="field" aria-labelledby={id}>
      <legend id={id}>{label}</legend>
      <div class="row position">
        {axis(lat, strings.areas.lat)}
        {axis(lon, strings.areas.lon)}
        <button type="button" disabled={!isThere} onClick={() => onPosition(lat.value, lon.value)}>
          {submit}
        </button>
      </div>
    </fieldset>
  );
}
