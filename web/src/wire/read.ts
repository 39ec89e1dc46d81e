import { Unreadable } from "./errors.ts";
import { type Kind, REQUIRED, type ServerMessage } from "./types.gen.ts";

/**
 * A message of a type that came into the protocol later. `room` and `seq` are there together if it looks like an
 * event of a room's log: it has its place there.
 */
export interface Unknown {
  type: null;
  room?: string;
  seq?: number;
}

/**
 * Returns the message in a frame. Unknown fields are ignored.
 *
 * @throws Unreadable It is no message, or one of a known type with a field missing or of another kind.
 */
export function read(frame: unknown): ServerMessage | Unknown {
  if (typeof frame !== "string") throw new Unreadable("a frame was not text");
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    throw new Unreadable("a frame was not JSON");
  }
  if (!isObject(message) || typeof message.type !== "string") throw new Unreadable("a frame was no message");
  const { type, room, seq } = message;
  if (!Object.hasOwn(REQUIRED, type)) {
    return typeof room === "string" && isInteger(seq) ? { type: null, room, seq } : { type: null };
  }
  for (const [field, kind] of Object.entries(REQUIRED[type as ServerMessage["type"]])) {
    if (kindOf(message[field]) !== kind) throw new Unreadable(`${type} came without ${field}, or it was no ${kind}`);
  }
  return message as unknown as ServerMessage;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return kindOf(value) === "object";
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function kindOf(value: unknown): Kind | "none" {
  if (Array.isArray(value)) return "array";
  if (value === null) return "none";
  const kind = typeof value;
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "object" ? kind : "none";
}
