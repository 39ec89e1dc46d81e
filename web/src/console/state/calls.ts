/** Operators' calls. A token that the server does not take ends the session. */
import { Api, type Calls, Refused } from "../wire.ts";
import { signOut, token } from "./session.ts";

/** A file of megabytes is sent, and its cells are found. */
const IMPORT_WITHIN_MS = 90_000;

type Sent<Call extends keyof Calls> = Parameters<typeof Api.prototype.call<Call>>[1];

const options = { url: location.origin, token: () => token.value ?? "" };
const api = new Api(options);
const patientApi = new Api({ ...options, withinMs: IMPORT_WITHIN_MS });

/** Whether a token may make operators' calls. Rejects as a call does. */
export async function check(candidate: string): Promise<void> {
  await new Api({ url: location.origin, token: candidate }).call("GET /v1/admin/brakes");
}

export async function call<Call extends keyof Calls>(name: Call, sent?: Sent<Call>): Promise<Calls[Call]["answer"]> {
  try {
    return await (name.includes("/admin/areas") ? patientApi : api).call(name, sent);
  } catch (error) {
    if (error instanceof Refused && error.code === "bad_token") signOut("refused");
    if (error instanceof Refused && error.code === "operators_only") signOut("not_operator");
    throw error;
  }
}
