import { misconfigured } from '../../lib/errors.ts';
import type { HttpSmsOptions } from './options.ts';
import type { Placeholder, Values } from './placeholders.ts';
import { isHeaderValue, readHeaders } from './request-headers.ts';
import { requireObject } from '../../lib/settings.ts';
import { fill, isVariable, type TemplateReader } from './template.ts';

/** One request as it goes out. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

export interface RequestTemplate {
  readonly needed: ReadonlySet<Placeholder>;
  /** @returns `undefined` if a value cannot stand in a header */
  readonly fill: (values: Values) => OutgoingRequest | undefined;
}

type Body = 'json' | 'form' | 'query';
type Content = (values: Values) => string;

const BODIES: readonly Body[] = ['json', 'form', 'query'];
const CONTENT_TYPE = { json: 'application/json', form: 'application/x-www-form-urlencoded', query: undefined };
const METHODS: ReadonlySet<unknown> = new Set(['GET', 'POST', 'PUT']);
/** The request of `options`, every text of it read once. */
export function readRequest(options: HttpSmsOptions, reader: TemplateReader): RequestTemplate {
  const { method = 'POST' } = options;
  if (!METHODS.has(method)) throw misconfigured('method must be POST, PUT or GET.');
  const body = bodyOf(options);
  if (method === 'GET' && body !== 'query') throw misconfigured('method GET takes a query. Use POST, or query.');
  const url = readUrl(reader.fixed(options.url, 'url'));
  const headers = readHeaders(options, CONTENT_TYPE[body], reader);
  const content = body === 'json' ? jsonContent(options.json, reader) : formContent(options[body], body, reader);
  return {
    needed: reader.needed,
    fill(values) {
      const filled = Object.entries(headers).map(([name, template]) => [name, fill(template, values)] as const);
      if (!filled.every(([, value]) => isHeaderValue(value))) return undefined;
      const text = content(values);
      const common = { method, headers: Object.fromEntries(filled) };
      if (body !== 'query') return { ...common, url, body: Buffer.from(text) };
      const asked = new URL(url);
      asked.search = url.search === '' ? text : `${url.search}&${text}`;
      return { ...common, url: asked, body: undefined };
    },
  };
}

function bodyOf(options: HttpSmsOptions): Body {
  const [body, ...others] = BODIES.filter((name) => options[name] !== undefined);
  if (body !== undefined && others.length === 0) return body;
  throw misconfigured('Set one of json, form and query: what the provider is sent.');
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = url !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback)) {
    throw misconfigured(
      'url must be an https URL, such as https://api.example.in/send; http only on a loopback address.',
    );
  }
  if (url.username !== '' || url.password !== '') throw misconfigured('url holds credentials. Use basicAuth.');
  url.hash = '';
  return url;
}

function formContent(fields: unknown, path: string, reader: TemplateReader): Content {
  const templates = Object.entries(requireObject(fields, path)).map(
    ([name, value]) => [name, reader.template(value, `${path}.${name}`)] as const,
  );
  return (values) =>
    new URLSearchParams(
      Object.fromEntries(templates.map(([name, template]) => [name, fill(template, values)])),
    ).toString();
}

type Filled = (values: Values) => unknown;

function jsonContent(value: unknown, reader: TemplateReader): Content {
  const filled = jsonValue(value, 'json', reader);
  return (values) => JSON.stringify(filled(values));
}

function jsonValue(value: unknown, path: string, reader: TemplateReader): Filled {
  if (typeof value === 'string' || isVariable(value)) {
    const template = reader.template(value, path);
    return (values) => fill(template, values);
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) => jsonValue(item, `${path}.${index}`, reader));
    return (values) => items.map((item) => item(values));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, member]) => [name, jsonValue(member, `${path}.${name}`, reader)] as const,
    );
    return (values) => Object.fromEntries(members.map(([name, member]) => [name, member(values)]));
  }
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return () => value;
  throw misconfigured(`${path} must be JSON.`);
}
