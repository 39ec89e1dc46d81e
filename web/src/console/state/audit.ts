/** The audit, in pages. */
import type { AuditEntryAnswer } from "../wire.ts";
import { call } from "./calls.ts";
import { paged } from "./paged.ts";

export type Audit = ReturnType<typeof auditOf>;

/** Returns what operators did; with a person, what was done to them. */
export function auditOf(person: string | null) {
  return paged<AuditEntryAnswer>(async (before) => {
    const query = { before: before ?? undefined, person: person ?? undefined };
    const { entries, before: next } = await call("GET /v1/admin/audit", { query });
    return { items: entries, next };
  });
}

/** Returns whether an entry says what is looked for, anywhere. */
export function says(entry: AuditEntryAnswer, text: string, action: string): boolean {
  const wanted = text.trim().toLowerCase();
  const parts = [entry.operator, entry.target, entry.detail, entry.action, action];
  return parts.some((part) => part?.toLowerCase().includes(wanted));
}
