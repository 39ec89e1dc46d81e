import { Phone, type PhoneEvent, type PhoneOptions } from "../index.ts";
import { ManualClock, settled } from "./manualClock.ts";
import { placed, ScriptedServer } from "./scriptedServer.ts";

/** Returns a phone that has begun to connect to a scripted server, with what it told. */
export async function phoneOf(more: Partial<PhoneOptions> = {}) {
  const server = new ScriptedServer();
  const clock = new ManualClock();
  const events: PhoneEvent[] = [];
  const { WebSocket } = server;
  const phone = new Phone({ url: "https://host", token: "token", WebSocket, clock, chance: () => 0.5, ...more });
  phone.on((event) => events.push(event));
  phone.start();
  await settled();
  return { server, clock, events, phone };
}

/** The same, in a room of its own. */
export async function seatedPhone(more: Partial<PhoneOptions> = {}) {
  const all = await phoneOf(more);
  all.server.last.welcome(placed());
  return all;
}

/** How a promise stands: its value, its error, or undefined while it waits. */
export function watched<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const seen: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}
