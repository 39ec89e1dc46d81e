import { GapInLog } from "./errors.ts";
import type { Area, Changed, Joined, Left, Member, Placed, Resume, RoomInfo, Said, Skipped } from "./types.gen.ts";

/** What a member hears of a room's log. */
export type HeardEvent = Said | Joined | Left | Changed | Skipped;

/** A room as its member sees it at `seq`. It never changes: what happens makes another one. */
export interface RoomView {
  readonly room: RoomInfo;
  readonly area: Area;
  readonly you: string;
  /** Alone on the last rung. Only a snapshot says that it is so again. */
  readonly quiet: boolean;
  readonly why: string;
  readonly seq: number;
  readonly members: ReadonlyMap<string, Member>;
  /** The newest, oldest first. */
  readonly messages: readonly Said[];
}

/** Returns the view that a snapshot gives. */
export function viewOf(placed: Placed): RoomView {
  const { room, area, you, quiet, why, seq, messages } = placed;
  const members = new Map(placed.members.map((member) => [member.member, member]));
  return { room, area, you, quiet, why, seq, members, messages };
}

/**
 * Returns the view after an event, null if the event is not news.
 *
 * @throws GapInLog Events before this one are missing.
 */
export function applied(view: RoomView, event: HeardEvent, keepMessages: number): RoomView | null {
  const next = stepped(view, event.room, event.seq);
  if (next === null) return null;
  switch (event.type) {
    case "said":
      return { ...next, messages: [...view.messages, event].slice(-keepMessages) };
    case "joined":
    case "changed":
      return {
        ...next,
        quiet: view.quiet && event.type !== "joined",
        members: new Map(view.members).set(event.member.member, event.member),
      };
    case "left": {
      const members = new Map(view.members);
      members.delete(event.member);
      return { ...next, members };
    }
    case "skipped":
      return next;
  }
}

/**
 * Returns the view one event on, whatever that event was; null if it is not news.
 *
 * @throws GapInLog Events before `seq` are missing.
 */
export function stepped(view: RoomView, room: string, seq: number): RoomView | null {
  if (room !== view.room.id || seq <= view.seq) return null;
  if (seq !== view.seq + 1) throw new GapInLog(view.seq + 1, seq);
  return { ...view, seq };
}

/** Returns where in the log this view is, as `hello` takes it. */
export function positionOf(view: RoomView): Resume {
  return { room: view.room.id, epoch: view.room.epoch, after: view.seq };
}
