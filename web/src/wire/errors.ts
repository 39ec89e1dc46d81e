import { ADVICE, CLOSE_REASONS, type ErrorCode } from "./types.gen.ts";

/** A message or call was refused; nothing else happened. Codes are stable: branch on them. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: ErrorCode;
  readonly detail: string;
  /** How long to wait before it helps to try again, undefined if waiting does not help. */
  readonly retryMs: number | undefined;
  /** Of an HTTP answer, else undefined. */
  readonly status: number | undefined;

  /** `code`: one that a newer server made up counts as `bad_message`. */
  constructor(code: string, detail = "", more: { retryMs?: number | undefined; status?: number | undefined } = {}) {
    const known = isErrorCode(code) ? code : "bad_message";
    super(`${code}: ${detail || ADVICE[known]}`);
    this.code = known;
    this.detail = detail || ADVICE[known];
    this.retryMs = more.retryMs;
    this.status = more.status;
  }
}

/** The answer to a call was lost, and the call must not be sent twice. It may have been carried out. */
export class NotAcknowledged extends Error {
  override readonly name = "NotAcknowledged";
}

/** The phone was stopped, or the server closed it for good with `code`. */
export class PhoneClosed extends Error {
  override readonly name = "PhoneClosed";
  readonly code: number | undefined;

  constructor(code?: number) {
    super(code === undefined ? "the phone was stopped" : `closed with ${code}: ${CLOSE_REASONS[code] ?? "no reason"}`);
    this.code = code;
  }
}

/** No server answered a call over HTTP: what was asked may have been done. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** Events before this one are missing. */
export class GapInLog extends Error {
  override readonly name = "GapInLog";

  constructor(expected: number, got: number) {
    super(`expected seq ${expected}, got ${got}`);
  }
}

/** A frame of the server makes no sense. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ADVICE, code);
}
