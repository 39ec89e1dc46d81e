import { Api, Phone, type PhoneEvent, Refused } from "@wire";
import { pageFacts } from "../devices/page.ts";
import * as storage from "../devices/storage.ts";
import { after, type Line, type TalkEvent } from "../model/talk.ts";
import { strings } from "../strings.en.ts";
import { Frames } from "./frames.ts";
import { Keys } from "./keys.ts";
import * as store from "./store.ts";
import { attempt, troubleOf } from "./trouble.ts";
import { Whereabouts } from "./whereabouts.ts";
import { spokenOf } from "./words.ts";

/** Close codes after which more is to be done than to connect again. */
const BAD_TOKEN = 3500;
const ERASED = 3505;

/** A person's time on this page: what they do goes to the server from here, what comes goes to the store. */
export class Session {
  readonly api: Api;
  readonly keys: Keys;
  #phone: Phone | null = null;
  #whereabouts: Whereabouts | null = null;
  #unread = 0;
  readonly #givenUp = new Set<string>();
  readonly #frames = new Frames<TalkEvent>((events) => this.#show(events));

  constructor() {
    const url = location.origin;
    this.keys = new Keys(new Api({ url }));
    this.api = new Api({ url, token: this.keys.ask });
  }

  async begin(): Promise<void> {
    store.isOnline.value = navigator.onLine;
    addEventListener("online", () => this.#network(true));
    addEventListener("offline", () => this.#network(false));
    document.addEventListener("visibilitychange", () => this.#seen());
    if (store.hasToken.value) this.connect();
    store.facts.value = await pageFacts();
    this.#company(store.talk.value.room);
  }

  async joinAsGuest(name: string): Promise<void> {
    if (await attempt(() => this.keys.joinAsGuest(name).then(() => true))) this.connect();
  }

  /** Takes a pasted token; false if it is none. */
  useToken(token: string): boolean {
    if (!this.keys.give(token)) return false;
    if (this.#phone === null || this.#phone.state.kind === "closed") this.connect();
    else this.#phone.wake();
    return true;
  }

  /** Connects, in place of any connection that ended for good. */
  connect(): void {
    this.#phone?.stop();
    const phone = new Phone({ url: location.origin, token: this.keys.ask });
    this.#phone = phone;
    phone.on((event) => {
      if (this.#phone === phone) this.#hear(event);
    });
    this.#whereabouts = new Whereabouts(phone);
    phone.start();
    this.#whereabouts.begin();
    void this.#readMe();
  }

  share(): void {
    store.isChoosing.value = false;
    store.isPicking.value = false;
    this.#frames.add({ type: "looking" });
    this.#whereabouts?.share();
  }

  pick(lat: number, lon: number): void {
    store.isChoosing.value = false;
    store.isPicking.value = false;
    this.#frames.add({ type: "looking" });
    this.#whereabouts?.pick(lat, lon);
  }

  async checkIn(): Promise<void> {
    await this.#whereabouts?.now();
  }

  /** Says something; what is refused comes back as a line that says why. */
  async say(text: string): Promise<void> {
    const phone = this.#phone;
    if (phone === null) return;
    const room = phone.room?.room.id ?? "";
    let id = "";
    try {
      await phone.say(text, (given) => {
        id = given;
      });
    } catch (error) {
      if (this.#givenUp.delete(id)) return;
      const { code, text: detail, againAtMs } = troubleOf(error);
      const isLost = code === "unexpected";
      this.#frames.add({ type: "refused", text, room, code, detail: isLost ? strings.room.lost : detail, againAtMs });
    }
  }

  /** Says something no more that still waits. */
  giveUp(id: string): void {
    this.#givenUp.add(id);
    if (!this.#phone?.giveUp(id)) this.#givenUp.delete(id);
  }

  discard(key: string): void {
    this.#frames.add({ type: "discard", key });
  }

  async next(): Promise<void> {
    await this.#do((phone) => phone.next());
  }

  /** Clears the location and leaves the room, in one go. */
  async leave(): Promise<void> {
    this.#whereabouts?.end();
    this.#frames.add({ type: "forget" });
    store.notify.value = store.notify.value === "waiting" ? "no" : store.notify.value;
    if (await this.#do((phone) => phone.leave())) store.tell(strings.me.cleared);
  }

  async shake(): Promise<boolean> {
    return this.#do((phone) => phone.shake());
  }

  async greet(member: string): Promise<void> {
    if (await this.#do((phone) => phone.greet(member))) this.#frames.add({ type: "greeting", member });
  }

  async mute(member: string, room: string, isOn: boolean): Promise<void> {
    const done = await this.#do((phone) => (isOn ? phone.mute(member, room) : phone.unmute(member, room)));
    if (done) this.#frames.add({ type: "muting", member, isOn });
  }

  async block(member: string, room: string): Promise<void> {
    const block = await attempt(async () => this.#phone?.block(member, room));
    if (block === undefined) return;
    const undo = () =>
      void attempt(() => this.api.withdrawBlock(block).then(() => store.tell(strings.member.unblocked)));
    store.tell(strings.member.blocked, { action: block ? { label: strings.undo, run: undo } : null });
  }

  async report(member: string, room: string, reason: string): Promise<void> {
    if (await this.#do((phone) => phone.report(member, reason, room))) store.tell(strings.member.reported);
  }

  /** Asks to be told when company comes, or no longer. */
  async askNotify(isOn: boolean): Promise<void> {
    const call = isOn ? "PUT /v1/me/notify" : "DELETE /v1/me/notify";
    const done = await attempt(() => this.api.call(call).then(() => true));
    if (done) store.notify.value = isOn ? "waiting" : "no";
  }

  async erase(): Promise<void> {
    if (!(await attempt(() => this.api.eraseMe().then(() => true)))) return;
    this.forget({ isErased: true });
    store.tell(strings.me.erased);
  }

  /** Takes the person off this browser, their location cleared; of who was erased nothing is left to clear. */
  forget({ isErased = false } = {}): void {
    const phone = this.#phone;
    this.#phone = null;
    this.#whereabouts?.end();
    this.#frames.add({ type: "forget" });
    if (isErased) phone?.stop();
    else if (phone) goodbye(phone);
    this.keys.forget();
    storage.draft.set("");
    store.me.value = null;
    store.inHand.value = [];
    store.sheet.value = null;
    store.link.value = { kind: "idle" };
    store.notify.value = "unknown";
    store.tab.value = "room";
  }

  async #do(what: (phone: Phone) => Promise<void>): Promise<boolean> {
    const phone = this.#phone;
    return phone !== null && (await attempt(() => what(phone).then(() => true))) === true;
  }

  #hear(event: PhoneEvent): void {
    switch (event.type) {
      case "state": {
        const { state } = event;
        const backAtMs = state.kind === "waiting" ? performance.now() + state.backInMs : undefined;
        store.link.value = { kind: state.kind, code: "code" in state ? state.code : undefined, backAtMs };
        if ("code" in state && state.code === BAD_TOKEN) this.keys.ended();
        if (state.kind === "closed" && state.code === ERASED) this.forget({ isErased: true });
        return;
      }
      case "pending":
        this.#frames.add({ type: "waiting", waiting: this.#phone?.pending ?? [] });
        return;
      case "welcome":
        store.sync.value = { serverMs: event.server_ms, monoMs: performance.now() };
        if (store.tokenNeed.value === "ended") store.tokenNeed.value = "none";
        // A server that was restarted has forgotten that I asked.
        if (store.notify.value === "waiting") void this.api.call("PUT /v1/me/notify").catch(() => {});
        this.#whereabouts?.look();
        return;
      case "expiring":
        this.keys.expiring();
        return;
      case "unplaced":
        this.#frames.add(event);
        this.#whereabouts?.look();
        return;
      default:
        this.#frames.add(event);
    }
  }

  #show(events: TalkEvent[]): void {
    const before = store.talk.value;
    const now = after(before, events);
    store.talk.value = now;
    const fresh = newLines(before.lines, now.lines);
    const words = spokenOf(fresh);
    if (words) store.spoken.value = words;
    if (document.hidden) {
      this.#unread += fresh.filter((line) => line.kind === "said" && !line.isMine).length;
      if (this.#unread > 0) document.title = `(${this.#unread}) ${strings.title}`;
    }
    if (events.some(({ type }) => type === "known")) store.meetings.value += 1;
    this.#company(now.room);
  }

  /** Whether to be told of company is of interest only while alone; whoever sees it takes the asking back. */
  #company(room: typeof store.talk.value.room): void {
    if (room === null) return;
    const isOffered = store.facts.value?.notify ?? false;
    if (room.isQuiet && isOffered && store.notify.value === "unknown") void this.#readNotify();
    if (room.members.size > 1 && store.notify.value === "waiting" && !document.hidden) void this.askNotify(false);
  }

  async #readNotify(): Promise<void> {
    store.notify.value = "off";
    try {
      const { waiting } = await this.api.call("GET /v1/me/notify");
      store.notify.value = waiting ? "waiting" : "no";
    } catch (error) {
      if (!(error instanceof Refused)) store.notify.value = "unknown";
    }
  }

  async #readMe(): Promise<void> {
    try {
      store.me.value = await this.api.me();
    } catch {
      // The profile is read again when it is looked at.
    }
  }

  #network(isOnline: boolean): void {
    store.isOnline.value = isOnline;
    if (isOnline) this.#phone?.wake();
  }

  #seen(): void {
    if (document.hidden) return;
    this.#frames.flush();
    this.#unread = 0;
    document.title = strings.title;
    this.#phone?.wake();
    this.#whereabouts?.look();
  }
}

/**
 * Clears the location and ends the phone. It must not come back: by then the token may be somebody else's. Without a
 * connection one call is tried with the token of now, and else the presence lapses.
 */
function goodbye(phone: Phone): void {
  const token = storage.token.get();
  if (phone.state.kind === "open") {
    phone.on(({ type }) => type === "state" && phone.stop());
    void phone
      .leave()
      .catch(() => {})
      .finally(() => phone.stop());
    return;
  }
  phone.stop();
  if (token !== null) void new Api({ url: location.origin, token }).clear().catch(() => {});
}

function newLines(before: readonly Line[], now: readonly Line[]): Line[] {
  const known = new Set(before.map(({ key }) => key));
  return now.filter(({ key }) => !known.has(key));
}
