export type Fault = {
  readonly method: string;
  readonly path: string;
  /** 0 when no answer came. */
  readonly status: number;
  /** The code of the answer; NO_ANSWER or TIMEOUT when none came, UNREADABLE when it was not the API's JSON. */
  readonly code: string;
  readonly text: string;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
};

/** Every call that does not succeed throws one of these, with all that a person needs to find it in the logs. */
export class ExchangeError extends Error {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(fault: Fault) {
    const answer = fault.status === 0 ? fault.code : `${fault.status} ${fault.code}`;
    const request = fault.requestId === undefined ? "" : ` (request ${fault.requestId})`;
    super(`${fault.method} ${fault.path}: ${answer}: ${fault.text}${request}`, { cause: fault.cause });
    this.name = "ExchangeError";
    this.method = fault.method;
    this.path = fault.path;
    this.status = fault.status;
    this.code = fault.code;
    this.requestId = fault.requestId;
  }

  /** True when it is unknown whether the exchange did what was asked, or it asked to be called again later. */
  get isTemporary(): boolean {
    return this.status === 0 || [429, 502, 503, 504].includes(this.status);
  }
}
