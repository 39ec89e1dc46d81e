/** What a token says that the page needs: nothing of it is checked here, the server does that. */
export interface TokenFacts {
  expiresMs: number | null;
  isGuest: boolean;
}

/** Returns what a token says, null if it is none. */
export function factsOf(token: string): TokenFacts | null {
  const parts = token.trim().split(".");
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return null;
  try {
    const claims: unknown = JSON.parse(atob((parts[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof claims !== "object" || claims === null) return null;
    const { exp, guest } = claims as { exp?: unknown; guest?: unknown };
    return { expiresMs: typeof exp === "number" ? exp * 1000 : null, isGuest: guest === true };
  } catch {
    return null;
  }
}
