import { MESSAGE_SIGNATURE_VERSION, WIRE_PATHS } from '@verified-mobile/client';
import { z } from 'zod';
import { DEFAULT_CODE_DIGITS } from '../domain/otp-code.ts';
import { CONSUME_FIELDS, MESSAGE_FIELDS, SEND_FIELDS, USAGE_FIELDS, VALIDATE_FIELDS, VERIFY_FIELDS } from './fields.ts';
import { CONSUME_PATH, USAGE_PATH } from './paths.ts';

type Json = Readonly<Record<string, unknown>>;

const PUBLISHED_HEADERS = ['developer_key', 'secret-key', 'secret-key-timestamp'];
/** Of a request that is signed as a whole. */
const MESSAGE_HEADERS: Readonly<Record<string, string>> = {
  'secret-key-nonce': '16 to 64 letters, digits, hyphens and underscores, another for each request',
  'secret-key-signature':
    'base64 of HMAC-SHA256, keyed as secret-key is, over seven lines with a line feed between them: ' +
    `${MESSAGE_SIGNATURE_VERSION}, developer_key, method, path with query, secret-key-timestamp, secret-key-nonce, ` +
    'base64 of SHA-256 of the body. For accounts that require it; good for one request',
};

/** The calls as an OpenAPI 3.1 document, from the very schemas that check the requests. */
export function openApiDocument(issuer: string, basePath: string): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Mobile OTP Verification API', version: '1' },
    servers: [{ url: basePath }],
    security: [PUBLISHED_HEADERS, [...PUBLISHED_HEADERS, ...Object.keys(MESSAGE_HEADERS)]].map(requirementOf),
    components: {
      securitySchemes: {
        ...Object.fromEntries(PUBLISHED_HEADERS.map((name) => [name, headerScheme(name)])),
        ...Object.fromEntries(
          Object.entries(MESSAGE_HEADERS).map(([name, description]) => [name, { ...headerScheme(name), description }]),
        ),
      },
      schemas: { Envelope: ENVELOPE },
    },
    paths: {
      [WIRE_PATHS.sendOtp]: { post: withBody('Send OTP', SEND_FIELDS) },
      [WIRE_PATHS.verifyOtp]: { put: withBody('Verify OTP', VERIFY_FIELDS[DEFAULT_CODE_DIGITS]) },
      [WIRE_PATHS.validateToken]: {
        get: withQuery('Validate Token', VALIDATE_FIELDS),
        post: withBody('Validate Token, with the token out of access logs', VALIDATE_FIELDS),
      },
      [CONSUME_PATH]: { post: withBody('Consume Token: its first use wins', CONSUME_FIELDS) },
      [`${WIRE_PATHS.messages}/{tid}`]: {
        get: withQuery('What became of the SMS of an answer', MESSAGE_FIELDS, [TID]),
      },
      [USAGE_PATH]: { get: withQuery('Usage of the account', USAGE_FIELDS) },
    },
    'x-issuer': issuer,
  };
}

const headerScheme = (name: string): Json => ({ type: 'apiKey', in: 'header', name });

/** All of these headers together. */
function requirementOf(headers: readonly string[]): Json {
  return Object.fromEntries(headers.map((name) => [name, []]));
}

const ENVELOPE: Json = {
  type: 'object',
  required: ['status', 'response_status_id', 'response_type_id', 'message'],
  properties: {
    status: { type: 'number', description: '0 is success' },
    response_status_id: { type: 'number' },
    response_type_id: { type: 'number' },
    message: { type: 'string' },
    data: { type: 'object' },
  },
};

const answer = (description: string): Json => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Envelope' } } },
});

const RESPONSES: Json = {
  200: { ...answer('Answered: read `status`'), headers: { 'Retry-After': { schema: { type: 'integer' } } } },
  403: answer('Not signed by an account of this environment, or a message signature that served another request'),
  500: answer('Internal error'),
};

function withBody(summary: string, schema: z.ZodObject): Json {
  const content = { 'application/json': { schema: schemaOf(schema) } };
  const responses = { ...RESPONSES, 413: answer('Larger than 16 KiB'), 415: answer('Not application/json') };
  return { summary, requestBody: { required: true, content }, responses };
}

const TID: Json = { name: 'tid', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-9]{10}$' } };

function withQuery(summary: string, schema: z.ZodObject, inPath: readonly Json[] = []): Json {
  const inQuery = Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: 'query',
    required: !(field instanceof z.ZodOptional),
    schema: schemaOf(field as z.ZodType),
  }));
  return { summary, parameters: [...inPath, ...inQuery], responses: RESPONSES };
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
