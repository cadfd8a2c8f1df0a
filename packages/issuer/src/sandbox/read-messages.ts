import { ResponseType } from '@verified-mobile/client';
import { normaliseMobile } from '@verified-mobile/core';
import { refusalEnvelope } from '../http/envelope.ts';
import { MOBILE_TAKES } from '../http/fields.ts';
import type { Inbox } from './inbox.ts';

/** What `GET /sandbox/messages` answers. */
export interface MessagesAnswer {
  readonly status: 200 | 400;
  readonly body: object;
}

/** @param spelling the mobile as it was asked for; all if there is none */
export function readMessages(inbox: Inbox, spelling: string | undefined): MessagesAnswer {
  const mobile = normaliseMobile(spelling);
  if (spelling !== undefined && mobile === undefined) {
    return { status: 400, body: refusalEnvelope(ResponseType.none, `mobile must be ${MOBILE_TAKES}.`) };
  }
  return { status: 200, body: { messages: inbox.messages(mobile) } };
}
