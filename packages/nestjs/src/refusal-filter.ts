import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Refusal } from '@verified-mobile/core';

/** Ends a refused request. No HttpException, so that a filter for those leaves it alone. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`Refused: ${refusal.code}`);
    this.refusal = refusal;
  }
}

/** Answers a refused request. Nest asks the filters of the route first, and of these the last: this one, before any that catches everything. */
export class RefusalFilter implements ExceptionFilter<RefusedRequest> {
  catch({ refusal }: RefusedRequest, host: ArgumentsHost): void {
    answer(host.switchToHttp().getResponse<ExpressResponse | FastifyReply>(), refusal);
  }
}
Catch(RefusedRequest)(RefusalFilter);

interface ExpressResponse {
  status(status: number): this;
  set(headers: Refusal['headers']): this;
  end(body: string): unknown;
}

interface FastifyReply {
  readonly raw: object;
  code(status: number): this;
  headers(headers: Refusal['headers']): this;
  send(body: Uint8Array): unknown;
}

function answer(response: ExpressResponse | FastifyReply, { status, headers, body }: Refusal): void {
  // As bytes: to a text Fastify would add a charset, which application/problem+json has not. So would send() of Express.
  if ('raw' in response) response.code(status).headers(headers).send(Buffer.from(body));
  else response.status(status).set(headers).end(body);
}
