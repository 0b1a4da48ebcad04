import { Told } from "../command/told.ts";

type Fault = {
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
export class ExchangeError extends Told {
  override readonly name = "ExchangeError";
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;

  constructor({ method, path, status, code, text, requestId, cause }: Fault) {
    const answer = status === 0 ? code : `${status} ${code}`;
    const request = requestId === undefined ? "" : ` (request ${requestId})`;
    super(`${method} ${path}: ${answer}: ${text}${request}`, { cause });
    this.method = method;
    this.path = path;
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }

  /** True when it is unknown whether the exchange did what was asked, or it asked to be called again later. */
  get isTemporary(): boolean {
    return this.status === 0 || [429, 502, 503, 504].includes(this.status);
  }
}
