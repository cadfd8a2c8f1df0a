import type { Environment } from '../setup/options.ts';
import { misconfigured } from '../lib/errors.ts';
import { asJson } from './setting-values.ts';

/** One route as the settings describe it. */
export interface RouteSettings {
  readonly name: string;
  readonly kind: RouteKind;
  /** Names it in errors. */
  readonly setting: string;
  /** What only its kind understands. */
  readonly options: Readonly<Record<string, unknown>>;
}

export type RouteKind = 'http' | 'smpp' | 'module' | 'sandbox';

const KINDS: readonly unknown[] = ['http', 'smpp', 'module', 'sandbox'] satisfies RouteKind[];
const NAME = /^[a-z0-9-]{1,32}$/;
const SHORT_FORM = 'ISSUER_SMS_MODULE';
const ROUTES_SETTING = 'ISSUER_SMS_ROUTES';

/** The routes in order of preference. `ISSUER_SMS_MODULE` is short for one of kind `module`. */
export function readRouteSettings(
  get: (name: string) => string | undefined,
  environment: Environment = 'production',
): readonly RouteSettings[] {
  const [list, path] = [get(ROUTES_SETTING), get(SHORT_FORM)];
  if (list !== undefined && path !== undefined) {
    throw misconfigured(
      `Set ${ROUTES_SETTING} or ${SHORT_FORM}, not both: a module is a route too, { "name": …, "kind": "module", "path": … }.`,
    );
  }
  if (path !== undefined) return [{ name: 'module', kind: 'module', setting: SHORT_FORM, options: { path } }];
  if (list === undefined) {
    throw misconfigured(
      `${ROUTES_SETTING} is missing. Set it to a JSON list of routes, or ${SHORT_FORM} to a module that exports the SMS transport.`,
    );
  }
  const routes = asJson(list, ROUTES_SETTING);
  if (!Array.isArray(routes) || routes.length === 0)
    throw misconfigured(`${ROUTES_SETTING} must be a JSON list of routes.`);
  const read = routes.map((route: unknown, index) => readRoute(route, `${ROUTES_SETTING}, entry ${index + 1}`));
  const twice = read.find(({ name }, index) => read.findIndex((other) => other.name === name) < index);
  if (twice !== undefined)
    throw misconfigured(`${ROUTES_SETTING} names ${twice.name} twice. Give each route its own name.`);
  if (environment !== 'sandbox' && read.some(({ kind }) => kind === 'sandbox')) {
    throw misconfigured(`${ROUTES_SETTING}: kind sandbox shows every code, and needs ISSUER_ENVIRONMENT=sandbox.`);
  }
  return read;
}

function readRoute(given: unknown, where: string): RouteSettings {
  const { name, kind, ...options } = Object(given) as Record<string, unknown>;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw misconfigured(`${where}: name must be 1 to 32 lower-case letters, digits and -.`);
  }
  if (!KINDS.includes(kind)) throw misconfigured(`${where}: kind must be one of ${KINDS.join(', ')}.`);
  return { name, kind: kind as RouteKind, setting: `${ROUTES_SETTING}, route ${name}`, options };
}

/** For the summary: of its options a route's module alone, as the others may be secrets. */
export function describeRoutes(routes: readonly RouteSettings[]): string {
  return routes
    .map(({ name, kind, options }) => `${name} (${kind === 'module' ? String(options['path']) : kind})`)
    .join(', ');
}
