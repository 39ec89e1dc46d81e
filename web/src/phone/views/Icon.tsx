/** Line icons of 24 units, drawn by hand: what they mean is always said in words beside them. */
const PATHS = {
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9c0-3.3 2.7-6 6-6s6 2.7 6 6M16 4.4a3.5 3.5 0 0 1 0 6.2M18 14.6c1.8 1 3 3 3 5.4",
  room: "M4 5h16v11H9l-5 4V5Z",
  bottle: "M10 3h4M10.5 3v4.2C8.4 8 7 10 7 12.3V20a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-7.7c0-2.3-1.4-4.3-3.5-5.1V3M7 14h10",
  me: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c0-4 3.6-6.5 8-6.5s8 2.5 8 6.5",
  next: "M3 7h3.5l9 10H21M18 14l3 3-3 3M3 17h3.5l2.6-2.9M13 9.9 15.5 7H21M18 4l3 3-3 3",
  leave: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  shake: "M9 3h6a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1ZM4.5 8v8M2 10v4M19.5 8v8M22 10v4",
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Z",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3 2",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  back: "M20 12H6M11 6l-6 6 6 6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  pin: "M12 21s-7-6-7-11a7 7 0 0 1 14 0c0 5-7 11-7 11Zm0-8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  alert: "M12 8v5M12 16.5h.01M12 3 2.5 20h19L12 3Z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
