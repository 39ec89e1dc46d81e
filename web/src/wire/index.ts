/** The client of the wire: a phone that stays connected, resumes without loss and says each thing once. */

export { Api, type ApiOptions } from "./api.ts";
export { NoAnswer, NotAcknowledged, PhoneClosed, Refused } from "./errors.ts";
export { guestTokens, type Kept } from "./guest.ts";
export type { Cancel, Chance, Clock, Fetch, SocketClass } from "./host.ts";
export type { LineState } from "./line.ts";
export { type PendingSay, Phone, type PhoneEvent, type PhoneOptions } from "./phone.ts";
export type { PhoneSettings, PhoneStatistics } from "./settings.ts";
export type { Token } from "./tokens.ts";
export type * from "./types.gen.ts";
export { ADVICE, CLOSE_REASONS } from "./types.gen.ts";
export type { HeardEvent, RoomView } from "./view.ts";
