import { misconfigured, refuseUnknownNames, resolveSettings } from '@verified-mobile/core/store';
import type { ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../link/open-socket.ts';
import type { DltSettings } from '../message/dlt-tlvs.ts';
import type { StatusMeaning, StatusMeanings } from '../wire/statuses.ts';
import type { DltOptions, StatusOptions, TlsOptions } from './options.ts';
import { readNumber, requireOneOf, requirePattern } from './require.ts';
import { readSource } from './setting-source.ts';

const PORTS = { 'smpp:': 2_775, 'ssmpp:': 3_550 };

/** @param url may hold anything: it is not repeated in a message, as it may hold a password */
export function resolveEndpoint(url: unknown, tls: TlsOptions | undefined): Endpoint {
  const remedy = "url must be 'smpp://host:port', or 'ssmpp://host:port' for TLS, with nothing behind it.";
  if (typeof url !== 'string' || !URL.canParse(url)) throw misconfigured(remedy);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url);
  if (username !== '' || password !== '')
    throw misconfigured('url must not hold credentials: give systemId and password.');
  const isBare = ['', '/'].includes(pathname) && search === '' && hash === '';
  if ((protocol !== 'smpp:' && protocol !== 'ssmpp:') || hostname === '' || !isBare) throw misconfigured(remedy);
  if (protocol === 'smpp:' && tls !== undefined)
    throw misconfigured('tls is for ssmpp://: change url, or leave tls out.');
  return {
    host: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? PORTS[protocol] : Number(port),
    tls: protocol === 'ssmpp:' ? resolveTls(tls ?? {}) : undefined,
  };
}

const NO_TLS = { ca: undefined, cert: undefined, key: undefined, servername: undefined };

function resolveTls(options: TlsOptions): ConnectionOptions {
  const { ca, cert, key, servername } = resolveSettings<Partial<Record<keyof TlsOptions, unknown>>>(
    'tls',
    options,
    NO_TLS,
  );
  if ((cert === undefined) !== (key === undefined))
    throw misconfigured('tls.cert and tls.key belong together: give both.');
  if (servername !== undefined) requirePattern('tls.servername', servername, /^[\w.-]{1,253}$/, 'the name of a host');
  return {
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: readPem('tls.ca', ca) }),
    ...(cert === undefined ? {} : { cert: readPem('tls.cert', cert) }),
    ...(key === undefined ? {} : { key: readPem('tls.key', key) }),
    ...(typeof servername === 'string' ? { servername } : {}),
  };
}

function readPem(name: string, source: unknown): string {
  const text = readSource(name, source);
  if (text.includes('-----BEGIN ')) return text;
  throw misconfigured(`${name} must be in PEM: it begins with -----BEGIN. To name a file, write { file: '/path' }.`);
}

export const DLT_DEFAULTS: Required<DltOptions> = {
  entityIdTag: 0x1400,
  templateIdTag: 0x1401,
  chainHashTag: 0x1402,
  form: 'octets',
  telemarketerIds: [],
};

export function resolveDlt(options: DltOptions | null): DltSettings | null {
  if (options === null) return null;
  const settings = resolveSettings('dlt', options, DLT_DEFAULTS);
  const { form, telemarketerIds } = settings;
  requireOneOf('dlt.form', form, ['octets', 'c-string']);
  if (!Array.isArray(telemarketerIds)) throw misconfigured('dlt.telemarketerIds must be a list of ids.');
  for (const id of telemarketerIds)
    requirePattern('dlt.telemarketerIds', id, /^[0-9]{10,30}$/, 'ids as they are registered, of 10 to 30 digits');
  const isHashed = options.chainHashTag !== null && (options.chainHashTag !== undefined || telemarketerIds.length > 0);
  if (isHashed && telemarketerIds.length === 0) {
    throw misconfigured('dlt.chainHashTag needs dlt.telemarketerIds: without them there is no chain to hash.');
  }
  const tag = (name: keyof DltOptions): number => readNumber(`dlt.${name}`, settings[name], 1, 0xffff);
  const [entityIdTag, templateIdTag] = [tag('entityIdTag'), tag('templateIdTag')];
  const chainHashTag = isHashed ? tag('chainHashTag') : null;
  if (new Set([entityIdTag, templateIdTag, chainHashTag]).size < 3) {
    throw misconfigured('dlt.entityIdTag, dlt.templateIdTag and dlt.chainHashTag must differ.');
  }
  return { entityIdTag, templateIdTag, chainHashTag, form, telemarketerIds };
}

export function resolveStatuses(options: Readonly<Record<string, StatusOptions>>): StatusMeanings {
  if (typeof options !== 'object' || options === null) throw misconfigured('statuses must be an object, by status.');
  return new Map(Object.entries(options).map(([status, meaning]) => resolveStatus(status, meaning)));
}

function resolveStatus(status: string, meaning: StatusOptions): [number, Partial<StatusMeaning>] {
  const name = `statuses['${status}']`;
  if (typeof meaning !== 'object' || meaning === null) throw misconfigured(`${name} must be an object.`);
  refuseUnknownNames(name, meaning, ['reason', 'operatorCode']);
  const { reason, operatorCode } = meaning;
  if (reason !== undefined) requireOneOf(`${name}.reason`, reason, ['message', 'throttled', 'unavailable']);
  if (operatorCode !== undefined) {
    requirePattern(`${name}.operatorCode`, operatorCode, /^[\w.-]{1,32}$/, "1 to 32 letters, digits, '_', '.' and '-'");
  }
  const said = Object.fromEntries(Object.entries(meaning).filter(([, value]) => value !== undefined));
  return [readNumber(`The status ${name}`, status, 1, 0xffff_ffff), said];
}
