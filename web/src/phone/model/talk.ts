import type {
  Area,
  Changed,
  Greeted,
  Joined,
  Known,
  Left,
  Member,
  Placed,
  RoomInfo,
  Said,
  ServerMessage,
  Skipped,
} from "@wire";

/** So many of the newest lines are kept (policy `drop_oldest`). */
export const MAX_LINES = 500;

/** A quiet line between what people say: what it is about, for a view to put into words. */
export type Note =
  | { what: "joined" | "left" | "greeted" | "known"; name: string; member: string }
  | { what: "changed"; before: string; name: string }
  | { what: "skipped"; count: number }
  | { what: "placed"; why: string }
  | { what: "along"; names: string[] }
  | { what: "gap" };

export interface SaidLine {
  kind: "said";
  key: string;
  from: string;
  name: string;
  verified: boolean;
  isMine: boolean;
  text: string;
  atMs: number;
  room: string;
  seq: number;
  /** The id under which it still waits for its `ack`, or null. */
  pending: string | null;
}

export interface NoteLine {
  kind: "note";
  key: string;
  note: Note;
}

/** Something of mine that was not said, and why not in the server's own sentence. */
export interface RefusedLine {
  kind: "refused";
  key: string;
  text: string;
  room: string;
  code: string;
  detail: string;
  /** When it may be sent again, by a clock that never goes back; null if waiting does not help. */
  againAtMs: number | null;
}

export type Line = SaidLine | NoteLine | RefusedLine;

export interface Room {
  info: RoomInfo;
  area: Area;
  you: string;
  members: ReadonlyMap<string, Member>;
  /** Alone on the last rung, until somebody comes. */
  isQuiet: boolean;
}

export interface Waiting {
  id: string;
  room: string;
  text: string;
  isSent: boolean;
}

/** What a person sees of the conversation. It never changes: what happens makes another one. */
export interface Talk {
  room: Room | null;
  /** Why there is no room, by the last `unplaced`; null while nothing was heard. */
  unplaced: string | null;
  lines: readonly Line[];
  /** What I said and nobody acknowledged yet, oldest first. */
  waiting: readonly Waiting[];
  muted: ReadonlySet<string>;
  /** Members I greeted, who greeted me, and whom I know by now. */
  greeted: ReadonlySet<string>;
  greetedBy: ReadonlySet<string>;
  known: ReadonlyMap<string, string>;
  /** Counts every line there ever was: the next one's key. */
  count: number;
}

export const NO_TALK: Talk = {
  room: null,
  unplaced: null,
  lines: [],
  waiting: [],
  muted: new Set(),
  greeted: new Set(),
  greetedBy: new Set(),
  known: new Map(),
  count: 0,
};

export type TalkEvent =
  | ServerMessage
  | { type: "waiting"; waiting: readonly Waiting[] }
  | { type: "refused"; text: string; room: string; code: string; detail: string; againAtMs: number | null }
  | { type: "discard"; key: string }
  | { type: "muting"; member: string; isOn: boolean }
  | { type: "greeting"; member: string }
  | { type: "looking" }
  | { type: "forget" };

/** Returns the conversation after all of some events, in their order. */
export function after(talk: Talk, events: Iterable<TalkEvent>): Talk {
  let next = talk;
  for (const event of events) next = step(next, event);
  return next.lines.length > MAX_LINES ? { ...next, lines: next.lines.slice(-MAX_LINES) } : next;
}

function step(talk: Talk, event: TalkEvent): Talk {
  switch (event.type) {
    case "placed":
      return placed(talk, event);
    case "unplaced":
      return { ...NO_TALK, unplaced: event.why, lines: refusedOf(talk), waiting: talk.waiting, count: talk.count };
    case "said":
    case "joined":
    case "left":
    case "changed":
    case "skipped":
      return talk.room?.info.id === event.room ? heard(talk, talk.room, event) : talk;
    case "greeted":
    case "known":
      return talk.room?.info.id === event.room ? met(talk, talk.room, event) : talk;
    case "waiting":
      return waits(talk, event.waiting);
    case "refused": {
      const { type: _, ...what } = event;
      return withLine(talk, (key) => ({ kind: "refused", key, ...what }));
    }
    case "discard":
      return { ...talk, lines: talk.lines.filter((line) => line.key !== event.key) };
    case "muting":
      return { ...talk, muted: toggled(talk.muted, event.member, event.isOn) };
    case "greeting":
      return { ...talk, greeted: toggled(talk.greeted, event.member, true) };
    case "looking":
      return { ...talk, unplaced: null };
    case "forget":
      return { ...NO_TALK, count: talk.count };
    default:
      return talk;
  }
}

/** A snapshot. What was said in a room that this one goes on from stays on the screen; of others nothing does. */
function placed(talk: Talk, event: Placed): Talk {
  const room: Room = {
    info: event.room,
    area: event.area,
    you: event.you,
    members: new Map(event.members.map((member) => [member.member, member])),
    isQuiet: event.quiet,
  };
  const before = talk.room;
  const isSame = before?.info.id === event.room.id || (event.why === "lifted" && before !== null);
  if (isSame) return resumed({ ...renamed(talk, before, room), room, unplaced: null }, room, event);
  const goesOn = event.why === "merged" && before !== null;
  const fresh: Talk = goesOn
    ? { ...followed(talk, event.members), room, unplaced: null }
    : { ...NO_TALK, room, lines: refusedOf(talk), waiting: talk.waiting, count: talk.count };
  let next = withNote(fresh, { what: "placed", why: event.why });
  const along = event.members.filter((member) => member.was && member.member !== event.you).map(({ name }) => name);
  if (along.length > 0) next = withNote(next, { what: "along", names: along });
  return event.messages.reduce((sofar, said) => spoken(sofar, room, said), next);
}

/** A snapshot of the room that is on the screen already: what is missing of it is added. */
function resumed(talk: Talk, room: Room, event: Placed): Talk {
  const seen = new Set(talk.lines.map((line) => (line.kind === "said" ? line.seq : -1)));
  const last = Math.max(-1, ...seen);
  const missed = event.messages.filter((said) => said.seq > last);
  let next = event.why === "lifted" ? withNote(talk, { what: "placed", why: event.why }) : talk;
  const oldest = event.messages[0];
  if (last >= 0 && oldest && oldest.seq > last + 1 && missed.length === event.messages.length) {
    next = withNote(next, { what: "gap" });
  }
  return missed.reduce((sofar, said) => spoken(sofar, room, said), next);
}

/** A lifted room goes on under another id: what was said in it is said in that one. */
function renamed(talk: Talk, before: Room | null, { info }: Room): Talk {
  const was = before?.info.id;
  if (was === undefined || was === info.id) return talk;
  const lines = talk.lines.map((line) =>
    line.kind === "said" && line.room === was ? { ...line, room: info.id } : line,
  );
  return { ...talk, lines };
}

/** Mutes and greetings follow those whom a merge brings along. */
function followed(talk: Talk, members: readonly Member[]): Talk {
  const carried = (set: ReadonlySet<string>) =>
    new Set(members.filter(({ was }) => was !== undefined && set.has(was)).map(({ member }) => member));
  const known = new Map<string, string>();
  for (const { member, was } of members) {
    const person = was === undefined ? undefined : talk.known.get(was);
    if (person !== undefined) known.set(member, person);
  }
  return { ...talk, muted: carried(talk.muted), greeted: new Set(), greetedBy: new Set(), known };
}

function heard(talk: Talk, room: Room, event: Said | Joined | Left | Changed | Skipped): Talk {
  switch (event.type) {
    case "said":
      return spoken(talk, room, event);
    case "skipped":
      return skipped(talk);
    case "left": {
      const gone = room.members.get(event.member);
      const members = new Map(room.members);
      members.delete(event.member);
      const next = { ...talk, room: { ...room, members } };
      return withNote(next, { what: "left", name: gone?.name ?? "", member: event.member });
    }
    case "joined": {
      const { member, name } = event.member;
      const next = { ...talk, room: { ...room, members: with_(room, event.member), isQuiet: false } };
      return member === room.you ? next : withNote(next, { what: "joined", name, member });
    }
    case "changed": {
      const before = room.members.get(event.member.member)?.name ?? event.member.name;
      const next = { ...talk, room: { ...room, members: with_(room, event.member) } };
      return withNote(next, { what: "changed", before, name: event.member.name });
    }
  }
}

function met(talk: Talk, room: Room, event: Greeted | Known): Talk {
  const { member } = event;
  const name = room.members.get(member)?.name ?? "";
  if (event.type === "greeted") {
    const next = { ...talk, greetedBy: toggled(talk.greetedBy, member, true) };
    return withNote(next, { what: "greeted", name, member });
  }
  const next = { ...talk, known: new Map(talk.known).set(member, event.person) };
  return withNote(next, { what: "known", name: event.name ?? name, member });
}

/** Something said. If it is mine it takes the place of what waits, and looks so until the `ack` is there. */
function spoken(talk: Talk, room: Room, said: Said): Talk {
  const author = room.members.get(said.from);
  const isMine = said.from === room.you;
  const mine = isMine ? unheard(talk).find(({ room, text }) => room === said.room && text === said.text) : undefined;
  return withLine(talk, () => ({
    kind: "said",
    key: `${said.room}-${room.info.epoch}-${said.seq}`,
    from: said.from,
    name: author?.name ?? "",
    verified: author?.verified ?? false,
    isMine,
    text: said.text,
    atMs: said.at_ms,
    room: said.room,
    seq: said.seq,
    pending: mine?.id ?? null,
  }));
}

function skipped(talk: Talk): Talk {
  const last = talk.lines.at(-1);
  if (last?.kind !== "note" || last.note.what !== "skipped") return withNote(talk, { what: "skipped", count: 1 });
  const more: Line = { ...last, note: { what: "skipped", count: last.note.count + 1 } };
  return { ...talk, lines: [...talk.lines.slice(0, -1), more] };
}

function waits(talk: Talk, waiting: readonly Waiting[]): Talk {
  const ids = new Set(waiting.map(({ id }) => id));
  const isDone = (line: Line) => line.kind === "said" && line.pending !== null && !ids.has(line.pending);
  const lines = talk.lines.some(isDone)
    ? talk.lines.map((line) => (isDone(line) && line.kind === "said" ? { ...line, pending: null } : line))
    : talk.lines;
  return { ...talk, waiting, lines };
}

/** Returns what waits and was not heard yet: the rest is among the lines. */
export function unheard(talk: Talk): readonly Waiting[] {
  if (talk.waiting.length === 0) return talk.waiting;
  const taken = new Set(talk.lines.map((line) => (line.kind === "said" ? line.pending : null)));
  return talk.waiting.filter(({ id }) => !taken.has(id));
}

/** What of mine was not said stays on the screen whatever becomes of the room, until I discard it. */
function refusedOf(talk: Talk): Line[] {
  return talk.lines.filter((line) => line.kind === "refused");
}

function withNote(talk: Talk, note: Note): Talk {
  return withLine(talk, (key) => ({ kind: "note", key, note }));
}

function withLine(talk: Talk, make: (key: string) => Line): Talk {
  // One more than is kept is dropped now and then, not each time.
  const kept = talk.lines.length >= 2 * MAX_LINES ? talk.lines.slice(-MAX_LINES) : talk.lines;
  return { ...talk, lines: [...kept, make(`n${talk.count}`)], count: talk.count + 1 };
}

function with_(room: Room, member: Member): ReadonlyMap<string, Member> {
  return new Map(room.members).set(member.member, member);
}

function toggled(set: ReadonlySet<string>, one: string, isOn: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (isOn) next.add(one);
  else next.delete(one);
  return next;
}
