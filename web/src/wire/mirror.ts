import { GapInLog } from "./errors.ts";
import type { Unknown } from "./read.ts";
import type { PhoneStatistics } from "./settings.ts";
import type { ServerMessage } from "./types.gen.ts";
import { applied, type HeardEvent, type RoomView, stepped, viewOf } from "./view.ts";

/** What a phone knows of its room, message by message, and what was counted on the way: no socket, no clock. */
export class Mirror {
  view: RoomView | null = null;
  readonly statistics: PhoneStatistics = {
    connects: 0,
    drops: 0,
    resumes: 0,
    gaps: 0,
    repeats: 0,
    refusals: 0,
    silences: 0,
    unreadable: 0,
    unknown: 0,
  };
  readonly #keepMessages: number;

  constructor(keepMessages: number) {
    this.#keepMessages = keepMessages;
  }

  /**
   * Takes in one message; returns whether it is news for the app.
   *
   * @throws GapInLog Events before this one are missing. The view is unchanged.
   */
  take(message: ServerMessage | Unknown): boolean {
    switch (message.type) {
      case "said":
      case "joined":
      case "left":
      case "changed":
      case "skipped":
        return this.#apply(message);
      case "placed":
        this.view = viewOf(message);
        return true;
      case "unplaced":
        this.view = null;
        return true;
      case "greeted":
      case "known":
      case "shaken":
      case "expiring":
      case "bye":
        return true;
      case "error":
        this.statistics.refusals += 1;
        return false;
      case null:
        this.statistics.unknown += 1;
        this.#passOver(message);
        return false;
      default:
        return false;
    }
  }

  #apply(event: HeardEvent): boolean {
    const next = this.#orGap(() => (this.view ? applied(this.view, event, this.#keepMessages) : null));
    if (next === null) this.statistics.repeats += 1;
    else this.view = next;
    return next !== null;
  }

  /** Lets an event of the log that cannot be understood have its seq, or every resume would end in the same gap. */
  #passOver({ room, seq }: Unknown): void {
    const view = this.view;
    if (view === null || room === undefined || seq === undefined) return;
    this.view = this.#orGap(() => stepped(view, room, seq)) ?? view;
  }

  #orGap<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (error instanceof GapInLog) this.statistics.gaps += 1;
      throw error;
    }
  }
}
