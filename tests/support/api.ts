/** A caller without any cleverness, so that tests see exactly what the wire carries. */
export type Reply = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely, and compared with what the contract says.
  readonly body: any;
  readonly headers: Headers;
};

export type Caller = {
  readonly id: string;
  readonly token: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
};

export async function request(
  url: string,
  {
    method,
    path,
    body,
    headers = {},
  }: { method: string; path: string; body?: unknown; headers?: Record<string, string> },
): Promise<Reply> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined
      ? {}
      : { body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    headers: response.headers,
  };
}

export async function logIn(url: string, credentials: { email: string; password: string }): Promise<Caller> {
  const { status, body } = await request(url, { method: "POST", path: "/auth/login", body: credentials });
  if (status !== 200) throw new Error(`login: ${status} ${JSON.stringify(body)}`);
  return callerOf(url, { id: body.user.id, token: body.accessToken });
}

export function callerOf(url: string, { id, token }: { id: string; token: string }): Caller {
  return {
    id,
    token,
    call: (method, path, body, headers = {}) =>
      request(url, { method, path, body, headers: { authorization: `Bearer ${token}`, ...headers } }),
  };
}

let people = 0;

/** Somebody new, with money. */
export async function newTrader(
  url: string,
  admin: Caller,
  funds: Record<string, string> = {},
): Promise<Caller & { email: string }> {
  const email = `trader-${process.pid}-${people++}@example.com`;
  const password = "a-long-password";
  const registered = await request(url, {
    method: "POST",
    path: "/auth/register",
    body: { email, password },
  });
  if (registered.status !== 201) throw new Error(`register: ${registered.status}`);
  const caller = await logIn(url, { email, password });
  for (const [asset, amount] of Object.entries(funds)) {
    const body = { userId: caller.id, asset, amount, reference: `${email} ${asset}` };
    const credited = await admin.call("POST", "/admin/deposits", body);
    if (credited.status !== 201)
      throw new Error(`deposit: ${credited.status} ${JSON.stringify(credited.body)}`);
  }
  return { ...caller, email };
}

/** Asks again until the answer is as wished: for what may lag. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  forMs = 10_000,
): Promise<T> {
  for (const deadline = Date.now() + forMs; ; ) {
    const answer = await ask();
    if (isGood(answer) || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
