import { z } from 'zod';
import { MOBILE_TAKES } from '../http/fields.ts';
import { openApiDocument } from '../http/openapi.ts';
import { CLOCK_FIELDS } from './controls.ts';
import { CLOCK_PATH, EVENTS_PATH, INBOX_PATH, RESET_PATH } from './paths.ts';

type Json = Readonly<Record<string, unknown>>;

/** The issuer's document, with the sandbox's own URLs. */
export function sandboxDocument(publicUrl: string, basePath: string): Json {
  const document = openApiDocument(publicUrl, basePath);
  return { ...document, paths: { ...(document['paths'] as Json), ...SANDBOX_PATHS } };
}

/** Not below the base path, and not signed. */
const here = (operations: Json): Json => ({
  servers: [{ url: '/' }],
  ...Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => [method, { security: [], ...(operation as Json) }]),
  ),
});

const answer = (description: string, type = 'application/json'): Json => ({
  description,
  content: { [type]: { schema: { type: type === 'application/json' ? 'object' : 'string' } } },
});

const REFUSED: Json = {
  403: answer('Sent by another web page'),
  413: answer('Larger than 16 KiB'),
  415: answer('Not application/json'),
};

const CLOCK_ANSWER = answer('The time in the sandbox: now, and aheadSeconds');
const { $schema: _dialect, ...CLOCK_BODY } = z.toJSONSchema(CLOCK_FIELDS, { io: 'input' });

const SANDBOX_PATHS: Json = {
  [INBOX_PATH]: here({
    get: {
      summary: 'The SMS that it would have sent, newest first',
      parameters: [{ name: 'mobile', in: 'query', description: MOBILE_TAKES, schema: { type: 'string' } }],
      responses: { 200: answer('messages'), 400: answer('No Indian mobile') },
    },
  }),
  [EVENTS_PATH]: here({
    get: {
      summary: 'What happens: message, issuer, decision, fault, clock and reset',
      parameters: [{ name: 'Last-Event-ID', in: 'header', schema: { type: 'string' } }],
      responses: { 200: answer('Server-sent events, with JSON as their data', 'text/event-stream') },
    },
  }),
  [CLOCK_PATH]: here({
    post: {
      summary: 'Moves the clock forward',
      requestBody: { required: true, content: { 'application/json': { schema: CLOCK_BODY } } },
      responses: { 200: CLOCK_ANSWER, 400: answer('advanceSeconds is missing or out of range'), ...REFUSED },
    },
  }),
  [RESET_PATH]: here({
    post: {
      summary: 'Forgets codes, limits, messages and events, and puts the clock back; used tokens stay used',
      requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
      responses: { 200: CLOCK_ANSWER, ...REFUSED },
    },
  }),
};
