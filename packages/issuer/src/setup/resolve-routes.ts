import type { SmsRoute } from '../domain/sms-route.ts';
import { misconfigured } from '../lib/errors.ts';
import { requireFunction, requireWhole } from '../lib/settings.ts';
import type { IssuerOptions } from './options.ts';

/** What the way of `sendSms` is called. */
const ONLY_ROUTE = 'sms';
const ROUTE_NAME = /^[a-z0-9-]{1,32}$/;
const MOST_ROUTES = 10;
const METHODS = ['onReceipt', 'readReceipts', 'ready', 'close'] as const;

/** The ways of the SMS, in order of preference. */
export function resolveRoutes({ sendSms, routes }: Pick<IssuerOptions, 'sendSms' | 'routes'>): readonly SmsRoute[] {
  if (sendSms !== undefined && routes !== undefined) {
    throw misconfigured('sendSms and routes are both set. Set sendSms for one transport, or routes for several.');
  }
  if (routes === undefined) {
    requireFunction(
      'sendSms',
      sendSms,
      'a function that hands over one SMS: async ({ to, text }, { signal }) => ({ outcome: "accepted" }), unless routes is set',
    );
    return [{ name: ONLY_ROUTE, send: sendSms! }];
  }
  if (!Array.isArray(routes) || routes.length < 1 || routes.length > MOST_ROUTES) {
    throw misconfigured(`routes must be a list of 1 to ${MOST_ROUTES} routes, in order of preference.`);
  }
  for (const [index, route] of (routes as readonly SmsRoute[]).entries()) checkRoute(`routes[${index}]`, route);
  const names = routes.map(({ name }) => name);
  if (new Set(names).size === names.length) return routes;
  throw misconfigured('routes has two of one name. Give each its own: events, metrics and receipts go by it.');
}

function checkRoute(what: string, route: SmsRoute): void {
  if (typeof route !== 'object' || route === null) throw misconfigured(`${what} must be a route: { name, send }.`);
  if (typeof route.name !== 'string' || !ROUTE_NAME.test(route.name)) {
    throw misconfigured(`${what}.name must be 1 to 32 lower-case letters, digits and hyphens.`);
  }
  requireFunction(`${what}.send`, route.send, 'a function that hands over one SMS');
  if (route.window !== undefined) requireWhole(`${what}.window`, route.window, 1, 10_000);
  for (const method of METHODS) {
    if (route[method] !== undefined) requireFunction(`${what}.${method}`, route[method], 'a function, or leave it out');
  }
}
