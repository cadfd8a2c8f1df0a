import { misconfigured, requireFunction, resolveSettings, type WholeNumberRange } from '@verified-mobile/core/store';
import type { LinkSettings } from '../link/link.ts';
import type { Endpoint } from '../link/open-socket.ts';
import type { SubmitterSettings } from '../link/submitter.ts';
import type { SendSettings } from '../message/send-message.ts';
import type { MessageIdForm } from '../receipts/message-ids.ts';
import type { SmppRouteOptions } from './options.ts';
import { requireOneOf, requirePattern } from './require.ts';
import { resolveDlt, resolveEndpoint, resolveStatuses } from './resolve-parts.ts';
import { readSource } from './setting-source.ts';

/** The options, checked, and each with the part that uses it. */
export interface RouteSettings {
  readonly name: string;
  readonly link: LinkSettings;
  readonly submitter: SubmitterSettings;
  readonly send: SendSettings;
  readonly throttlePauseMs: number;
  readonly longestThrottlePauseMs: number;
  readonly messageIds: MessageIdForm;
  readonly onFault: SmppRouteOptions['onFault'];
}

type WithoutDefault = 'name' | 'url' | 'systemId' | 'password' | 'tls' | 'onFault';
type Settings = { readonly [Name in WithoutDefault]: SmppRouteOptions[Name] | undefined } & Required<
  Omit<SmppRouteOptions, WithoutDefault>
>;

export const DEFAULTS: Settings = {
  name: undefined,
  url: undefined,
  systemId: undefined,
  password: undefined,
  systemType: '',
  bind: 'transceiver',
  sourceAddress: '',
  sourceTon: 5,
  sourceNpi: 0,
  destTon: 1,
  destNpi: 1,
  window: 10,
  enquireLinkSeconds: 30,
  responseTimeoutMs: 10_000,
  reconnectDelayMs: 500,
  longestReconnectDelayMs: 30_000,
  throttlePauseMs: 500,
  longestThrottlePauseMs: 30_000,
  receipts: true,
  messageIds: 'as-is',
  validityPeriod: 'relative',
  longMessages: 'udh',
  dlt: {},
  statuses: {},
  tls: undefined,
  onFault: undefined,
};

const OCTET = { from: 0, to: 255 };
const FIRST_PAUSE = { from: 10, to: 60_000 };
const RANGES: { readonly [Name in keyof Settings]?: WholeNumberRange } = {
  sourceTon: OCTET,
  sourceNpi: OCTET,
  destTon: OCTET,
  destNpi: OCTET,
  window: { from: 1, to: 1_000 },
  enquireLinkSeconds: { from: 1, to: 600 },
  responseTimeoutMs: { from: 100, to: 60_000 },
  reconnectDelayMs: FIRST_PAUSE,
  longestReconnectDelayMs: { from: 10, to: 600_000 },
  throttlePauseMs: FIRST_PAUSE,
  longestThrottlePauseMs: { from: 10, to: 600_000 },
};

/** SMPP 3.4. npm `smpp` would say 5.0, and many providers refuse that or answer otherwise. */
const INTERFACE_VERSION = 0x34;

/** @throws {VerifiedMobileError} `invalid_configuration`: a setting is missing, unknown or impossible */
export function resolveOptions(options: SmppRouteOptions): RouteSettings {
  const settings = resolveSettings('smppRoute()', options, DEFAULTS, RANGES);
  requireTexts(settings);
  requireChoices(settings);
  requireNotBelow(settings, 'longestReconnectDelayMs', 'reconnectDelayMs');
  requireNotBelow(settings, 'longestThrottlePauseMs', 'throttlePauseMs');
  const { name, dlt, statuses, window, throttlePauseMs, longestThrottlePauseMs, messageIds, onFault } = settings;
  if (onFault !== undefined) requireFunction('onFault', onFault);
  return {
    name: String(name),
    link: linkSettings(settings),
    submitter: { window, statuses: resolveStatuses(statuses) },
    send: { ...settings, receipts: settings.receipts && settings.bind === 'transceiver', dlt: resolveDlt(dlt) },
    throttlePauseMs,
    longestThrottlePauseMs,
    messageIds,
    onFault,
  };
}

function requireTexts({ name, systemId, systemType, sourceAddress }: Settings): void {
  requirePattern('name', name, /^[a-z0-9-]{1,32}$/, "1 to 32 lower-case letters, digits and '-'");
  requirePattern(
    'systemId',
    systemId,
    /^[\x20-\x7E]{1,64}$/,
    'the account at the provider: 1 to 64 printable ASCII characters',
  );
  requirePattern('systemType', systemType, /^[\x20-\x7E]{0,12}$/, 'at most 12 printable ASCII characters');
  requirePattern('sourceAddress', sourceAddress, /^[\x20-\x7E]{0,20}$/, 'at most 20 printable ASCII characters');
}

function requireChoices({ bind, receipts, messageIds, validityPeriod, longMessages }: Settings): void {
  // Receipts on a second connection would have to be matched to messages of the first: providers that offer a
  // receiver offer a transceiver.
  requireOneOf('bind', bind, ['transceiver', 'transmitter']);
  requireOneOf('receipts', receipts, [true, false]);
  requireOneOf('messageIds', messageIds, ['as-is', 'hex-in-answer', 'hex-in-receipt']);
  requireOneOf('validityPeriod', validityPeriod, ['relative', 'absolute', 'none']);
  requireOneOf('longMessages', longMessages, ['udh', 'payload']);
}

type Pause = 'longestReconnectDelayMs' | 'reconnectDelayMs' | 'longestThrottlePauseMs' | 'throttlePauseMs';

function requireNotBelow(settings: Settings, longest: Pause, first: Pause): void {
  if (settings[longest] >= settings[first]) return;
  throw misconfigured(`${longest} must not be below ${first}: the pause grows from one to the other.`);
}

function linkSettings(settings: Settings): LinkSettings {
  const { url, tls, bind, systemId, systemType, enquireLinkSeconds } = settings;
  const endpoint = resolveEndpoint(url, tls);
  const password = readSource('password', settings.password);
  // The value stays out of the message.
  requirePattern('password', password, /^[\x20-\x7E]{1,64}$/, '1 to 64 printable ASCII characters');
  const fields = {
    system_id: String(systemId),
    password,
    system_type: systemType,
    interface_version: INTERFACE_VERSION,
  };
  return {
    ...settings,
    endpoint,
    address: addressOf(endpoint),
    enquireLinkMs: enquireLinkSeconds * 1_000,
    bind: { command: `bind_${bind}`, body: { fields } },
  };
}

/** For messages: without anything secret that `url` could hold. */
function addressOf({ host, port, tls }: Endpoint): string {
  return `${tls === undefined ? 'smpp' : 'ssmpp'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
