import { misconfigured } from '../../lib/errors.ts';
import { requireObject } from '../../lib/settings.ts';
import type { HttpSmsOptions } from './options.ts';
import type { Template, TemplateReader } from './template.ts';

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** Those that say how the body arrives, and where. */
const OUR_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'accept-encoding',
  'expect',
]);

/** Those of every request, by lower-case names. */
export function readHeaders(
  options: HttpSmsOptions,
  contentType: string | undefined,
  reader: TemplateReader,
): Record<string, Template> {
  const headers: Record<string, Template> = { 'user-agent': ['verified-mobile-issuer'], accept: ['*/*'] };
  if (contentType !== undefined) headers['content-type'] = [contentType];
  if (options.basicAuth !== undefined) headers['authorization'] = [basicAuth(options.basicAuth, reader)];
  for (const [name, value] of Object.entries(requireObject(options.headers ?? {}, 'headers'))) {
    headers[headerName(name, 'headers', options)] = headerTemplate(value, `headers.${name}`, reader);
  }
  const { idempotencyHeader } = options;
  if (idempotencyHeader !== undefined) {
    const name = headerName(idempotencyHeader, 'idempotencyHeader', options);
    headers[name] = reader.template('{{challengeId}}', 'idempotencyHeader');
  }
  return headers;
}

function headerName(name: unknown, path: string, { basicAuth: auth }: HttpSmsOptions): string {
  if (typeof name !== 'string' || !HEADER_NAME.test(name)) throw misconfigured(`${path} must hold names of headers.`);
  const lower = name.toLowerCase();
  if (OUR_HEADERS.has(lower)) throw misconfigured(`${path}: ${lower} is set for you. Leave it out.`);
  if (lower === 'authorization' && auth !== undefined) {
    throw misconfigured(`${path}: basicAuth sets authorization. Set one of them.`);
  }
  return lower;
}

function headerTemplate(value: unknown, path: string, reader: TemplateReader): Template {
  const template = reader.template(value, path);
  const fixed = template.filter((part) => typeof part === 'string');
  if (!fixed.every((part) => isHeaderValue(part))) {
    throw misconfigured(`${path} must be printable ASCII on one line, and so must the variables in it.`);
  }
  const holdsText = template.some((part) => typeof part !== 'string' && part.placeholder === 'text');
  if (holdsText)
    throw misconfigured(`${path}: {{text}} has line feeds, which no header can hold. Put it into the body.`);
  return template;
}

function basicAuth(auth: NonNullable<HttpSmsOptions['basicAuth']>, reader: TemplateReader): string {
  const { username, password, ...others } = requireObject(auth, 'basicAuth');
  if (Object.keys(others).length > 0) throw misconfigured('basicAuth takes username and password.');
  const name = reader.fixed(username, 'basicAuth.username');
  // The first colon ends the name (RFC 7617).
  if (name.includes(':')) throw misconfigured('basicAuth.username must not hold a colon.');
  const pair = `${name}:${reader.fixed(password, 'basicAuth.password')}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

export function isHeaderValue(text: string): boolean {
  return HEADER_VALUE.test(text);
}
