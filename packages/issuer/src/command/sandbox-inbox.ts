import type { Issuer } from '../create-issuer.ts';
import type { Connection } from '../http/caller-address.ts';
import type { Inbox } from '../sandbox/inbox.ts';
import { INBOX_PATH } from '../sandbox/paths.ts';
import { readMessages } from '../sandbox/read-messages.ts';

const LOOPBACK_ADDRESS = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i;
const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Of proxies, which make the whole world look like this machine. */
const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'];

/** The issuer, and `GET /sandbox/messages` for whoever sits at this machine. To everyone else there is no such page. */
export function withInbox(issuer: Issuer, inbox: Inbox | undefined): Issuer {
  if (inbox === undefined) return issuer;
  return {
    ...issuer,
    async fetch(request, connection = {}) {
      const url = new URL(request.url);
      const isAsked = url.pathname === INBOX_PATH && ['GET', 'HEAD'].includes(request.method);
      if (!isAsked || !isFromHere(request, url, connection)) return issuer.fetch(request, connection);
      const { status, body } = readMessages(inbox, url.searchParams.get('mobile') ?? undefined);
      return Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
    },
  };
}

/** By name too: a page elsewhere may have a name of its own that leads to this machine. */
function isFromHere({ headers }: Request, { hostname }: URL, { remoteAddress = '' }: Connection): boolean {
  const isForwarded = FORWARDED.some((name) => headers.has(name));
  return LOOPBACK_ADDRESS.test(remoteAddress) && LOOPBACK_NAME.test(hostname) && !isForwarded;
}
