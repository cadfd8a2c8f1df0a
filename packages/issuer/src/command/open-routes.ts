import type { SmsRoute, SmsTransport } from '../domain/sms-route.ts';
import { IssuerError, misconfigured } from '../lib/errors.ts';
import type { Variables } from '../lib/read-setting.ts';
import { refuseUnknownNames, requireWhole } from '../lib/settings.ts';
import { createInbox, type Inbox } from '../sandbox/inbox.ts';
import { httpSmsRoute } from '../sms/http/http-route.ts';
import type { HttpSmsOptions } from '../sms/http/options.ts';
import { createTemplateReader, isVariable } from '../sms/http/template.ts';
import { importDefault } from './import-default.ts';
import { loadSmpp } from './load-smpp.ts';
import type { Watch } from './open-dependencies.ts';
import type { RouteSettings } from './sms-routes.ts';

export interface OpenRoutes {
  /** In order of preference. */
  readonly routes: readonly SmsRoute[];
  /** Of the routes of kind `sandbox`. */
  readonly inbox: Inbox | undefined;
}

interface Opening extends Pick<Watch, 'onFault' | 'onNotice'> {
  readonly variables: Variables;
  /** Where packages and modules are looked for first. */
  readonly workingDirectory: string;
  readonly inbox: Inbox;
}

type Open = (route: RouteSettings, opening: Opening) => Promise<SmsRoute> | SmsRoute;

const OPEN: Readonly<Record<RouteSettings['kind'], Open>> = { http, smpp, module: fromModule, sandbox };

/** Makes the routes. None connects before it is asked for anything. */
export async function openRoutes(
  settings: readonly RouteSettings[],
  { workingDirectory = process.cwd(), ...given }: Omit<Opening, 'inbox' | 'workingDirectory'> & Partial<Opening>,
): Promise<OpenRoutes> {
  const inbox = createInbox(Date.now, () => {});
  const opening = { ...given, workingDirectory, inbox };
  const routes: SmsRoute[] = [];
  for (const route of settings) routes.push(await openRoute(route, opening));
  return { routes, inbox: settings.some(({ kind }) => kind === 'sandbox') ? inbox : undefined };
}

/** The same for a process that sends nothing: none connects. A provider may let an account in once only. */
export function idleRoutes(routes: readonly SmsRoute[]): readonly SmsRoute[] {
  return routes.map((route) => ({ name: route.name, send: route.send.bind(route) }));
}

async function openRoute(route: RouteSettings, opening: Opening): Promise<SmsRoute> {
  try {
    return await OPEN[route.kind](route, opening);
  } catch (error) {
    // Not by its class: a package beside this one has another.
    const { code, message, cause } = Object(error) as Partial<IssuerError>;
    if (code !== 'invalid_configuration' || message === undefined || message.startsWith(route.setting)) throw error;
    throw misconfigured(`${route.setting}: ${message}`, { cause });
  }
}

function http({ name, options }: RouteSettings, { variables, onFault }: Opening): SmsRoute {
  for (const given of ['variables', 'clock', 'onFault']) {
    if (given in options) throw misconfigured(`${given} is an option of the library only.`);
  }
  const described = { ...options, name } as unknown as HttpSmsOptions;
  return httpSmsRoute({ ...described, variables, onFault: (error) => onFault({ during: 'send-sms', error }) });
}

async function smpp({ name, options }: RouteSettings, opening: Opening): Promise<SmsRoute> {
  const { variables, workingDirectory, onFault, onNotice = () => {} } = opening;
  if ('onFault' in options) throw misconfigured('onFault is an option of the library only.');
  const smppRoute = await loadSmpp(workingDirectory);
  const report = ({ kind, message }: { kind: string; message: string }): void => {
    if (kind === 'bound') onNotice(`Route ${name}: ${message}`);
    else onFault({ during: 'send-sms', error: new IssuerError('route_fault', `Route ${name}: ${message}`) });
  };
  const described = { ...withVariables(options, variables), name, onFault: report };
  return requireRoute(smppRoute(described), 'smppRoute() of @verified-mobile/smpp');
}

async function fromModule({ name, setting, options }: RouteSettings): Promise<SmsRoute> {
  refuseUnknownNames('kind module', options, ['path', 'window']);
  const { path, window } = options;
  if (typeof path !== 'string' || path === '') throw misconfigured('path must name a module.');
  const loaded = await importDefault(path, setting);
  if (typeof loaded === 'function') return { name, ...windowOf(window), send: loaded as SmsTransport };
  const route = requireRoute(loaded, `The default export of ${path}`);
  return renamed(route, name, windowOf(window));
}

function sandbox({ name, options }: RouteSettings, { inbox }: Opening): SmsRoute {
  refuseUnknownNames('kind sandbox', options, ['window']);
  return { name, ...windowOf(options['window']), send: inbox.deliver };
}

function windowOf(window: unknown): Pick<SmsRoute, 'window'> {
  if (window === undefined) return {};
  requireWhole('window', window, 1, 1_000);
  return { window: Number(window) };
}

/** Under the name in the settings. Its methods keep their `this`. */
function renamed(route: SmsRoute, name: string, window: Pick<SmsRoute, 'window'>): SmsRoute {
  const { send, onReceipt, readReceipts, ready, close } = route;
  return {
    name,
    ...(route.window !== undefined && { window: route.window }),
    ...window,
    send: send.bind(route),
    ...(onReceipt && { onReceipt: onReceipt.bind(route) }),
    ...(readReceipts && { readReceipts: readReceipts.bind(route) }),
    ...(ready && { ready: ready.bind(route) }),
    ...(close && { close: close.bind(route) }),
  };
}

function requireRoute(value: unknown, what: string): SmsRoute {
  const { send } = Object(value) as Partial<SmsRoute>;
  if (typeof send === 'function') return value as SmsRoute;
  throw misconfigured(
    `${what} must be a route, { name, send }, or a function: async (message, { signal }) => ({ outcome: "accepted" }).`,
  );
}

/** Puts environment variables into every text, as the http route does. */
function withVariables(options: RouteSettings['options'], variables: Variables): Record<string, unknown> {
  const reader = createTemplateReader(variables);
  const filled = (value: unknown, path: string): unknown => {
    if (typeof value === 'string' || isVariable(value)) return reader.fixed(value, path);
    if (Array.isArray(value)) return value.map((item, index) => filled(item, `${path}.${index}`));
    if (typeof value !== 'object' || value === null) return value;
    return membersOf(value, `${path}.`);
  };
  const membersOf = (value: object, prefix: string): Record<string, unknown> =>
    Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member, prefix + name)]));
  return membersOf(options, '');
}
