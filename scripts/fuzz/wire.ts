import { Agent, type IncomingMessage, request } from "node:http";

/** A request as it goes over the wire, which `fetch` would tidy up. */
export type WireRequest = {
  readonly method: string;
  /** Path and query as they are sent; escaped, but not tidied. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string | readonly string[] };
  readonly body: Buffer | undefined;
};

export type WireAnswer = {
  /** 0 where no answer came. */
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly text: string;
  readonly ms: number;
};

const ANSWER_AT_MOST_MS = 30_000;
const MOST_SHOWN = 2_000;
const MOST_OF_A_LINE = 1_500;
const agent = new Agent({ keepAlive: true, maxSockets: 128 });

/** Sends once more where a kept connection was closed just then, as any client does. */
export async function exchange(url: string, wire: WireRequest): Promise<WireAnswer> {
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await once(url, wire);
      return { ...answer, ms: performance.now() - startedAt };
    } catch (fault) {
      const isClosed = (fault as NodeJS.ErrnoException).code === "ECONNRESET" && attempt === 1;
      if (!isClosed)
        return { status: 0, headers: {}, text: String(fault), ms: performance.now() - startedAt };
    }
  }
}

function once(url: string, { method, path, headers, body }: WireRequest): Promise<Omit<WireAnswer, "ms">> {
  return new Promise((done, fail) => {
    const length =
      body === undefined || headers["transfer-encoding"] !== undefined
        ? {}
        : { "content-length": body.length };
    const sent = request(
      new URL(url),
      {
        method,
        path,
        headers: { ...length, ...headers } as { [name: string]: string },
        agent,
        timeout: ANSWER_AT_MOST_MS,
      },
      (answer: IncomingMessage) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", fail);
        answer.on("end", () =>
          done({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${ANSWER_AT_MOST_MS / 1_000} s`)));
    sent.on("error", fail);
    sent.end(body);
  });
}

/** The request for a terminal, to be tried again by hand. */
export function curlOf(url: string, { method, path, headers, body }: WireRequest): string {
  const named = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((each) => `-H ${quoted(`${name}: ${each}`)}`),
  );
  const text = body?.toString("latin1") ?? "";
  const data =
    body === undefined
      ? []
      : body.length <= MOST_SHOWN
        ? [`--data-binary ${quoted(text)}`]
        : [`--data-binary ${quoted(text.slice(0, 200))} # and so on, ${body.length} bytes`];
  const line = ["curl -sS --path-as-is -X", method, quoted(url + path), ...named, ...data].join(" ");
  return line.length <= MOST_OF_A_LINE
    ? line
    : `${line.slice(0, MOST_OF_A_LINE)} ... (${line.length} characters)`;
}

/** In the shell's own way for bytes that no quote holds. */
function quoted(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(
    /[^\x20-\x26\x28-\x5b\x5d-\x7e]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `$'${escaped}'`;
}
