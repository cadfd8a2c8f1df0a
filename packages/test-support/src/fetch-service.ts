import type { TestRequest, TestService } from '@verified-mobile/core/testing';

/** Sends a contract suite's requests to a handler from `Request` to `Response`. */
export function fetchService(answer: (request: Request) => Promise<Response>): TestService {
  return async ({ method, path, headers, body }: TestRequest) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((line) => [name, line]));
    if (body !== undefined) lines.push(['content-type', 'application/json']);
    const request = new Request(`http://desk.test${path}`, { method, headers: lines as [string, string][], ...json });
    const response = await answer(request);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: method === 'HEAD' ? '' : await response.text(),
    };
  };
}
