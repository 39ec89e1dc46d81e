import type { ComponentChildren } from "preact";

interface ScrollProps {
  readonly label: string;
  readonly isTall?: boolean;
  readonly children: ComponentChildren;
}

/** A table that may be wider or taller than its place: it scrolls by itself, by keyboard too. */
export function Scroll({ label, isTall = false, children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it arrow keys do not reach what is out of sight
    <section class={isTall ? "scroll tall" : "scroll"} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
