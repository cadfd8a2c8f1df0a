import { createHash, timingSafeEqual } from 'node:crypto';
import type { ReceiptReading, SmsReceipt } from '../../domain/sms-route.ts';
import { misconfigured } from '../../lib/errors.ts';
import { refuseUnknownNames, requireObject, requireText, requireWhole } from '../../lib/settings.ts';
import { nodeAt, parseJson, readPath, valueAt } from './answer-value.ts';
import type { ReceiptOptions } from './options.ts';
import { readBody } from './read-body.ts';
import type { TemplateReader } from './template.ts';

export type ReadReceipts = (request: Request) => Promise<ReceiptReading>;

const OPTION_NAMES = 'secret in name from many messageId status statuses operatorCode answer'.split(' ');
const STATUSES: readonly unknown[] = ['accepted', 'delivered', 'undelivered', 'expired', 'rejected'];
const SHORTEST_SECRET = 16;
const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;
const OPERATOR_CODE = /^[\w.-]{1,32}$/;
const WHOLE = '$';

/** Reads the requests of a provider's webhook. */
export function receiptReader(given: ReceiptOptions, reader: TemplateReader): ReadReceipts {
  const { secretDigest, readItem, listPath, response, ...options } = resolve(given, reader);
  return async (request) => {
    const url = new URL(request.url);
    const presented = options.in === 'header' ? request.headers.get(options.name) : url.searchParams.get(options.name);
    if (presented === null || !timingSafeEqual(digestOf(presented), secretDigest)) return refuse(401);
    const text = options.from === 'query' ? '' : await readBody(request.body ?? empty());
    if (text === undefined) return refuse(413);
    const content = contentOf(options.from, text, url);
    if (content === undefined) return refuse(400);
    const items = listPath === undefined ? [content] : nodeAt(content, listPath);
    if (!Array.isArray(items)) return refuse(400);
    const receipts = items.map(readItem).filter((receipt) => receipt !== undefined);
    return { outcome: 'read', receipts, response: response() };
  };
}

function resolve(given: ReceiptOptions, reader: TemplateReader) {
  refuseUnknownNames('receipts', requireObject(given, 'receipts'), OPTION_NAMES);
  const { from = 'json', many, answer = {} } = given;
  const secret = reader.fixed(given.secret, 'receipts.secret');
  if (secret.length < SHORTEST_SECRET) {
    throw misconfigured(
      `receipts.secret must have at least ${SHORTEST_SECRET} characters: it is all that tells a receipt.`,
    );
  }
  if (given.in !== 'header' && given.in !== 'query') throw misconfigured('receipts.in must be header or query.');
  if (!['json', 'form', 'query'].includes(from)) throw misconfigured('receipts.from must be json, form or query.');
  if (many !== undefined && from !== 'json') throw misconfigured('receipts.many needs receipts.from json.');
  requireText('receipts.name', given.name, `the name of that ${given.in} with the secret`);
  const listPath = many === undefined ? undefined : many === WHOLE ? [] : readPath(many, 'receipts.many');
  return {
    in: given.in,
    name: given.name,
    from,
    listPath,
    secretDigest: digestOf(secret),
    readItem: itemReader(given),
    response: answerOf(answer),
  };
}

function itemReader(given: ReceiptOptions): (item: unknown) => SmsReceipt | undefined {
  const messageIdPath = readPath(given.messageId, 'receipts.messageId');
  const statusPath = readPath(given.status, 'receipts.status');
  const codePath = given.operatorCode === undefined ? undefined : readPath(given.operatorCode, 'receipts.operatorCode');
  const statuses = new Map(Object.entries(requireObject(given.statuses, 'receipts.statuses')));
  for (const [name, status] of statuses) {
    if (!STATUSES.includes(status))
      throw misconfigured(`receipts.statuses.${name} must be one of ${STATUSES.join(', ')}.`);
  }
  if (statuses.size === 0) throw misconfigured('receipts.statuses must say what each status of the provider means.');
  return (item) => {
    const messageId = valueAt(item, messageIdPath);
    const status = statuses.get(valueAt(item, statusPath) ?? '') as SmsReceipt['status'] | undefined;
    if (messageId === undefined || !MESSAGE_ID.test(messageId) || status === undefined) return undefined;
    const code = codePath === undefined ? undefined : valueAt(item, codePath);
    return { messageId, status, ...(code !== undefined && OPERATOR_CODE.test(code) && { operatorCode: code }) };
  };
}

function answerOf(answer: NonNullable<ReceiptOptions['answer']>): () => Response {
  refuseUnknownNames('receipts.answer', requireObject(answer, 'receipts.answer'), ['status', 'body', 'contentType']);
  const { status = 200, body, contentType = 'text/plain' } = answer;
  requireWhole('receipts.answer.status', status, 200, 299);
  if (body === undefined) return () => new Response(null, { status });
  requireText('receipts.answer.body', body, 'a text, or left out');
  requireText('receipts.answer.contentType', contentType, 'a media type, such as application/json');
  return () => new Response(body, { status, headers: { 'content-type': contentType } });
}

function contentOf(from: 'json' | 'form' | 'query', text: string, url: URL): unknown {
  if (from === 'json') return parseJson(text);
  return Object.fromEntries(from === 'form' ? new URLSearchParams(text) : url.searchParams);
}

/** All of one length: neither content nor length of the secret can be timed. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuse(status: number): ReceiptReading {
  return { outcome: 'refused', response: new Response(null, { status }) };
}

async function* empty(): AsyncGenerator<Uint8Array> {}
