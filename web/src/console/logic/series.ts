/** Numbers over time as a picture: where each one lies, and where the scale ends. */

export type Values = readonly (number | null)[];

export interface Frame {
  readonly width: number;
  readonly height: number;
}

/** Returns a round number that is at least all values: 1, 2 or 5 times a power of ten; 1 if there is none above 0. */
export function topOf(...series: readonly Values[]): number {
  const most = Math.max(0, ...series.flat().map((value) => value ?? 0));
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  // A hair over a round number is a matter of floating point.
  return (([1, 2, 5, 10].find((step) => step * power >= most * (1 - 1e-9)) ?? 10) as number) * power;
}

export function xOf(index: number, count: number, { width }: Frame): number {
  return count < 2 ? width : (index / (count - 1)) * width;
}

export function yOf(value: number, top: number, { height }: Frame): number {
  return height - (Math.min(value, top) / top) * height;
}

/** Returns an SVG path through the values; where there is none the line breaks off. */
export function pathOf(values: Values, top: number, frame: Frame): string {
  let isDrawing = false;
  const steps = values.map((value, index) => {
    if (value === null) {
      isDrawing = false;
      return "";
    }
    const command = isDrawing ? "L" : "M";
    isDrawing = true;
    const isAlone = command === "M" && (values[index + 1] ?? null) === null;
    const x = xOf(index, values.length, frame).toFixed(1);
    const y = yOf(value, top, frame).toFixed(1);
    // A dot, so that a number between two holes is seen.
    return `${command}${x} ${y}${isAlone ? "h0.1" : ""}`;
  });
  return steps.join("");
}

/** Returns which value lies nearest to a place from 0 (the left end) to 1. */
export function indexAt(share: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.round(share * (count - 1))));
}

/** Returns every index of a table that shows at most `most` of `count` rows, evenly, the newest first. */
export function sampled(count: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(count / most));
  const picked: number[] = [];
  for (let index = count - 1; index >= 0; index -= step) picked.push(index);
  return picked;
}

/** Returns a number short enough for an axis: 1,200 and 0.25 as they are, 12,000 as 12k. */
export function shortNumber(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toFixed(1))}M`;
  if (value >= 10_000) return `${Number((value / 1_000).toFixed(1))}k`;
  if (value >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  return String(Number(value.toFixed(value < 1 ? 3 : 1)));
}

/** Returns the history that is known if another one says the same: what is drawn of it stays then as it is. */
export function sameOrNew<T extends { readonly at_ms: readonly number[] }>(known: T | undefined, heard: T): T {
  const isSame =
    known?.at_ms.length === heard.at_ms.length &&
    known.at_ms[0] === heard.at_ms[0] &&
    known.at_ms.at(-1) === heard.at_ms.at(-1);
  // What another server adds to a step late is seen with the next one.
  return known !== undefined && isSame ? known : heard;
}
