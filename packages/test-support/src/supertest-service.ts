import supertest from 'supertest';

interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

interface ReceivedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a contract suite's requests to a Node listener over a real socket. */
export function supertestService(
  listener: Parameters<typeof supertest>[0],
): (request: SentRequest) => Promise<ReceivedAnswer> {
  return async ({ method, path, headers, body }: SentRequest) => {
    const test = supertest(listener)[method.toLowerCase() as 'post'](path);
    // superagent takes lists, which its types do not say.
    for (const [name, lines] of Object.entries(headers)) test.set(name, lines as string);
    const response = await (body === undefined ? test : test.send(body as object));
    return { status: response.status, headers: response.headers, body: response.text ?? '' };
  };
}
