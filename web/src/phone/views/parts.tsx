import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { secondsLeft } from "../model/time.ts";
import { strings } from "../strings.en.ts";
import { Icon, type IconName } from "./Icon.tsx";

/** A button that shows an icon and says in words what it does. */
export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick: () => void;
  /** Shown beside the icon where there is room; the label's first words. */
  short?: string;
  badge?: number;
  isDisabled?: boolean;
}) {
  const { icon, label, onClick, short, badge, isDisabled = false } = props;
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick} disabled={isDisabled}>
      <Icon name={icon} />
      {short ? <span class="icon-label">{short}</span> : null}
      {badge ? (
        <span class="badge" aria-hidden="true">
          {badge}
        </span>
      ) : null}
    </button>
  );
}

/** The badge is the server's word and never part of a name. */
export function Verified() {
  return (
    <svg class="verified" viewBox="0 0 16 16" role="img" aria-label={strings.verified}>
      <title>{strings.verified}</title>
      <path d="M8 0l2 1.7 2.6-.2.6 2.6L15.4 5.6l-1 2.4 1 2.4-2.2 1.5-.6 2.6-2.6-.2L8 16l-2-1.7-2.6.2-.6-2.6L.6 10.4l1-2.4-1-2.4 2.2-1.5.6-2.6 2.6.2z" />
      <path class="tick" d="M4.8 8.2l2.2 2.2 4.2-4.6" />
    </svg>
  );
}

export function Name({ name, isVerified }: { name: string; isVerified: boolean }) {
  return (
    <span class="who">
      <bdi>{name || strings.somebody}</bdi>
      {isVerified ? <Verified /> : null}
    </span>
  );
}

/** A modal dialog of the browser's own: focus goes in, stays, and comes back; Escape closes. */
export function Dialog(props: { heading: ComponentChildren; onClose: () => void; children: ComponentChildren }) {
  const { heading, onClose, children } = props;
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // Closed before it is gone, so that the focus goes back to where it came from.
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === element.current && element.current?.close()}
      onKeyDown={() => {}}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={id}>{heading}</h2>
          <IconButton icon="close" label={strings.close} onClick={() => element.current?.close()} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** The time until something helps, second by second; nothing once it is there. */
export function Countdown({ untilMs, onOver }: { untilMs: number; onOver?: () => void }) {
  const seconds = useSecondsLeft(untilMs);
  const isOver = seconds === 0;
  useEffect(() => {
    if (isOver) onOver?.();
  }, [isOver, onOver]);
  return isOver ? null : <span class="countdown">{strings.again(seconds)}</span>;
}

/** Returns the whole seconds until a moment, counted down. */
export function useSecondsLeft(untilMs: number | null): number {
  const left = () => (untilMs === null ? 0 : secondsLeft(untilMs, performance.now()));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    if (left() === 0) return;
    const timer = setInterval(() => {
      setSeconds(left());
      if (left() === 0) clearInterval(timer);
    }, 1_000);
    return () => clearInterval(timer);
  }, [untilMs]);
  return seconds;
}

/** A text area that counts characters as the server does, and keeps control characters out. */
export const MAX_CHARACTERS = 1_000;

export function charactersOver(text: string): number {
  return [...text.normalize("NFC")].length - MAX_CHARACTERS;
}

/** Returns a text without control characters other than newline. */
export function cleaned(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, " ")
    .replace(/(?!\n)\p{Cc}/gu, "");
}
