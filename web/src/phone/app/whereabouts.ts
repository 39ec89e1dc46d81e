import { NotAcknowledged, type Phone, type Position, Refused } from "@wire";
import { watchPosition } from "../devices/geolocation.ts";
import * as storage from "../devices/storage.ts";
import { NO_TRACK, rounded, STALE_MS, tracked } from "../model/position.ts";
import { locating, me, place, refusal, track } from "./store.ts";
import { attempt } from "./trouble.ts";

const RETRY_MS = 5_000;

/** Where the person is, and the check-ins that say so: as rarely as holds a seat, each at a time of its own. */
export class Whereabouts {
  readonly #phone: Phone;
  #unwatch = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;

  constructor(phone: Phone) {
    this.#phone = phone;
  }

  /** Goes on with where the person was said to be in this tab. */
  begin(): void {
    place.value = storage.place.get();
    if (place.value?.kind === "shared") this.#watch();
    this.look();
  }

  share(): void {
    this.#choose({ kind: "shared" });
    track.value = NO_TRACK;
    this.#watch();
  }

  pick(lat: number, lon: number): void {
    this.#unwatch();
    locating.value = "idle";
    this.#choose({ kind: "picked", lat: rounded(lat), lon: rounded(lon) });
    void this.#checkIn();
  }

  /** Forgets where the person is. The server is told by others. */
  end(): void {
    this.#unwatch();
    clearTimeout(this.#timer);
    storage.place.set(null);
    place.value = null;
    track.value = NO_TRACK;
    locating.value = "idle";
    refusal.value = null;
  }

  /** Checks in if it is time to, and sees to it that it is looked again. */
  look(): void {
    clearTimeout(this.#timer);
    if (place.value === null) return;
    const { msToCheckIn } = this.#phone;
    if (msToCheckIn === null || msToCheckIn <= 0) void this.#checkIn();
    else this.#timer = setTimeout(() => this.look(), msToCheckIn);
  }

  /** Checks in now: the person asked for a room. */
  async now(): Promise<void> {
    if (place.value?.kind === "shared" && locating.value !== "locating") this.#watch();
    await attempt(() => this.#checkIn(true));
  }

  #choose(chosen: storage.Place): void {
    storage.place.set(chosen);
    place.value = chosen;
  }

  #watch(): void {
    this.#unwatch();
    locating.value = "locating";
    this.#unwatch = watchPosition(
      (fix) => {
        const isFirst = track.value.good === null;
        track.value = tracked(track.value, fix);
        locating.value = "idle";
        if (isFirst) this.look();
      },
      (trouble) => {
        // One that was found a while ago is still better than none.
        if (trouble === "denied" || track.value.good === null) locating.value = trouble;
      },
    );
  }

  async #checkIn(mustTell = false): Promise<void> {
    const here = this.#here();
    if (here === null || this.#isAsking) return;
    this.#isAsking = true;
    let againInMs: number | undefined;
    try {
      await this.#phone.checkIn(here);
      refusal.value = null;
    } catch (error) {
      if (error instanceof Refused) {
        againInMs = error.retryMs ?? RETRY_MS;
        refusal.value = { text: error.detail, againAtMs: performance.now() + againInMs };
      }
      if (error instanceof NotAcknowledged) againInMs = RETRY_MS;
      if (mustTell) throw error;
    } finally {
      this.#isAsking = false;
      clearTimeout(this.#timer);
      const inMs = againInMs ?? this.#phone.msToCheckIn;
      if (inMs !== null) this.#timer = setTimeout(() => this.look(), inMs);
    }
  }

  #here(): Position | null {
    const { lang, tags } = me.value ?? {};
    const wishes = { ...(lang ? { lang } : {}), ...(tags?.length ? { tags } : {}) };
    const chosen = place.value;
    if (chosen?.kind === "picked") return { lat: chosen.lat, lon: chosen.lon, ...wishes };
    const { good } = track.value;
    if (chosen === null || good === null || performance.now() - good.atMs > STALE_MS) return null;
    return { lat: rounded(good.lat), lon: rounded(good.lon), ...wishes };
  }
}
