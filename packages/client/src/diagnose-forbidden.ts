/** What is known about a refused call without looking at a secret. */
export interface RefusedCall {
  /** Where it went: `api.eko.in`. */
  readonly host: string;
  /** This machine's time when the answer came, milliseconds. */
  readonly now: number;
  /** The answer's header `Date`. */
  readonly date: string | null;
  /** The message of the envelope, if there is one. */
  readonly said: string | undefined;
  /** Whether the call was signed as a whole. */
  readonly messageSignature: boolean;
}

/** Up to this, a difference may be the time that the request and its answer took; beyond, it is the clock. */
const CLOCK_IN_DOUBT_MS = 60_000;

/**
 * Why the API answered 403: the cause that the answer shows, or else all causes, the likeliest first. Header names,
 * encoding and unit of time are this client's own, so they are not among them.
 */
export function diagnoseForbidden(call: RefusedCall): string {
  return otherEnvironment(call) ?? clockOff(call) ?? headerDropped(call) ?? signatureRefused(call) ?? allCauses(call);
}

function otherEnvironment({ said = '', host }: RefusedCall): string | undefined {
  const [, wanted] = /\buse\b.*\b(production|sandbox|staging|uat)\b.*\bkeys?\b/i.exec(said) ?? [];
  if (wanted === undefined) return undefined;
  return `The keys are not those of ${host}: it wants ${wanted.toLowerCase()} keys. Give that environment's keys, or call the environment that these belong to.`;
}

function clockOff({ date, now, said = '' }: RefusedCall): string | undefined {
  const remedy = 'The time is what is signed: set the clock, and keep it with NTP.';
  const aheadMs = now - Date.parse(date ?? '');
  if (Math.abs(aheadMs) > CLOCK_IN_DOUBT_MS) {
    const minutes = Math.round(Math.abs(aheadMs) / 60_000);
    return `This machine's clock is ${minutes} min ${aheadMs > 0 ? 'ahead of' : 'behind'} the server's. ${remedy}`;
  }
  return /\btimestamp\b.*\btime\b/i.test(said) ? `This machine's clock is not the server's. ${remedy}` : undefined;
}

function headerDropped({ said = '', messageSignature }: RefusedCall): string | undefined {
  const [, header] = /\b(developer_key|secret-key(?:-timestamp|-nonce|-signature)?) is missing/.exec(said) ?? [];
  if (header === undefined) return undefined;
  if (!messageSignature && /-(?:nonce|signature)$/.test(header)) {
    return 'The account takes only requests with a message signature. Create the client with messageSignature: true.';
  }
  return `The header ${header} was sent and did not arrive: a proxy on the way dropped it. In nginx: underscores_in_headers on.`;
}

/** In the words of our issuer: no other has message signatures. */
const REFUSED_SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [
    /\bsecret-key-signature is wrong/,
    'What arrived is not what was signed: a proxy on the way changed path, query or body. Let it pass them on as they are.',
  ],
  [
    /\bsignature was used before/,
    'The request arrived twice, and the first may have taken effect: something on the way repeats requests. In nginx: proxy_next_upstream off.',
  ],
  [
    /\bsignature may have been used before/,
    'The server forgot which signatures were used, so it refuses those from before. Nothing took effect: call again.',
  ],
];

function signatureRefused({ said = '' }: RefusedCall): string | undefined {
  return REFUSED_SIGNATURES.find(([pattern]) => pattern.test(said))?.[1];
}

function allCauses({ said, host }: RefusedCall): string {
  const causes = [
    "this machine's address is not on the account's allow-list",
    'the keys are not active (yet)',
    `the keys belong to another environment than ${host}`,
    'a proxy dropped or changed a header (nginx drops developer_key unless underscores_in_headers is on)',
    "accessKey is not this account's, or was decoded: give its text as issued",
  ];
  const list = causes.map((cause, index) => `(${index + 1}) ${cause}`).join('; ');
  const hint = said === undefined ? ' The answer is not in the form of the API, which speaks for (1).' : '';
  return `Look for the cause in this order: ${list}.${hint}`;
}
