import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "../app/session.ts";

export const SessionContext = createContext<Session | null>(null);

/** Returns what the page's person can do. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("views stand in a SessionContext");
  return session;
}
