import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

// The issuer of the client's benchmark, in a process of its own: it answers as published and looks at nothing.
const MOBILE = '9002336768';

function answerTo({ method, url = '' }: IncomingMessage): object {
  const common = { client_ref_id: '211101129871', initiator_id: '9962981729', tid: '2886978474' };
  const answer = (response_type_id: number, data: object): object => ({
    status: 0,
    response_status_id: 0,
    response_type_id,
    message: 'ok',
    data: { ...common, ...data },
  });
  if (method === 'POST') return answer(1623, { otp_expiry_timestamp: 'Fri May 22 16:04:04 IST 2026' });
  const token = url.slice(url.lastIndexOf('=') + 1);
  if (method === 'GET') return answer(1633, { mobile: MOBILE, otp_verification_token: token });
  return answer(1632, { mobile: MOBILE, otp_verification_token: 'e30.e30.AA' });
}

const delayMs = Number(process.argv[2]);
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const body = JSON.stringify(answerTo(request));
    const send = (): unknown => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    if (delayMs === 0) send();
    else setTimeout(send, delayMs);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
