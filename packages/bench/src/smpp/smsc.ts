/** An SMSC that accepts everything at once and remembers nothing, in a process of its own. */
import { type AddressInfo, createServer, type Socket } from 'node:net';

const [SUBMIT, ENQUIRE_LINK] = [0x04, 0x15];
const RESPONSE = 0x8000_0000;

const server = createServer((socket) => serve(socket)).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => process.exit());

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const answers: Buffer[] = [];
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0);
      answers.push(answerTo(rest.readUInt32BE(4), rest.readUInt32BE(12)));
      rest = rest.subarray(length);
    }
    socket.write(Buffer.concat(answers));
  });
}

/** A submit is given its sequence number as the id of the message; other answers have an empty text, or none. */
function answerTo(command: number, sequence: number): Buffer {
  const text = command === SUBMIT ? `${sequence}\0` : '\0';
  const body = command === ENQUIRE_LINK ? '' : text;
  const answer = Buffer.alloc(16 + body.length);
  answer.writeUInt32BE(answer.length, 0);
  answer.writeUInt32BE((RESPONSE + command) % 2 ** 32, 4);
  answer.writeUInt32BE(sequence, 12);
  answer.write(body, 16, 'latin1');
  return answer;
}
