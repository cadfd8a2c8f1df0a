import { createRequire } from 'node:module';
import type { SmsMessage } from '@verified-mobile/issuer';
import { smppRoute } from '@verified-mobile/smpp';

// It has no types.
const require = createRequire(import.meta.url);

export interface Contender {
  readonly name: string;
  /** Rejects unless the SMSC has accepted the message. */
  readonly send: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const WINDOW = 50;
const TEXT = '134021 is the OTP to verify your mobile number.\n- Eko India\n@pay.example.in #134021';
const DLT = { entityId: '1101456890000012345', header: 'EKOIND', templateId: '1107169000000054321' };

/** The route, as the issuer uses it: DLT registration, chain hash, validity period, a signal for each message. */
export async function routeContender(port: number): Promise<Contender> {
  const route = smppRoute({
    name: 'bench',
    url: `smpp://127.0.0.1:${port}`,
    systemId: 'bench',
    password: 'bench',
    window: WINDOW,
    dlt: { telemarketerIds: ['1302157225275643280'] },
    onFault: () => undefined,
  });
  await route.ready();
  const send = async (): Promise<void> => {
    const { signal } = new AbortController();
    const { outcome } = await route.send(newMessage(), { signal });
    if (outcome !== 'accepted') throw new Error(`The message is ${outcome}.`);
  };
  return { name: 'smppRoute()', send, close: async () => route.close() };
}

function newMessage(): SmsMessage {
  return {
    to: '+919002336768',
    text: TEXT,
    account: 'bench',
    purpose: 'mobile-verification',
    template: '{#var#} is the OTP to verify your mobile number.\n- Eko India\n@pay.example.in #{#var#}',
    dlt: { ...DLT, category: 'service-implicit' },
    challengeId: 'bench',
    expiresAt: Date.now() + 300_000,
  };
}

interface LibraryPdu {
  readonly command_status: number;
}
interface LibrarySession {
  submit_sm(fields: object, answered: (pdu: LibraryPdu) => void): boolean;
  bind_transceiver(fields: object, answered: (pdu: LibraryPdu) => void): boolean;
  close(closed: () => void): void;
  on(event: 'error', listener: () => void): void;
}

async function answered(ask: (done: (pdu: LibraryPdu) => void) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    ask((pdu) => (pdu.command_status === 0 ? resolve() : reject(new Error('The SMSC refused it.'))));
  });
}

/** npm `smpp` by hand, with the same text and none of what the route adds: no DLT, window, time-out or validity. */
export async function libraryContender(port: number): Promise<Contender> {
  const smpp = require('smpp') as { connect(options: object): LibrarySession };
  const session = smpp.connect({ host: '127.0.0.1', port });
  session.on('error', () => undefined);
  await answered((done) => session.bind_transceiver({ system_id: 'bench', password: 'bench' }, done));
  const fields = { source_addr: DLT.header, destination_addr: '919002336768', short_message: TEXT };
  return {
    name: 'npm smpp by hand',
    send: async () => answered((done) => session.submit_sm(fields, done)),
    close: async () => new Promise((resolve) => session.close(resolve)),
  };
}
