/** What goes wrong on purpose. */
export type Failure = 'refused' | 'unregistered' | 'unanswered' | 'lost' | 'late' | 'expired' | 'locked';

export interface FailingMobile {
  /** E.164. */
  readonly mobile: string;
  /** What its caller meets, for the page and the README. */
  readonly effect: string;
}

/** How long after its send the SMS to the late mobile arrives. */
export const LATE_SECONDS = 20;

/** Of the operators' DLT platform: the text is not that of the registered template. */
export const TEMPLATE_NOT_MATCHED = '633';

/** Mobiles that fail on purpose, one for each way in which an OTP goes astray. */
export const FAILING_MOBILES: Readonly<Record<Failure, FailingMobile>> = {
  refused: {
    mobile: '+916000000001',
    effect: 'The provider refuses its SMS: Send OTP answers that it could not be sent',
  },
  lost: {
    mobile: '+916000000002',
    effect: 'Its SMS is accepted and never arrives',
  },
  late: {
    mobile: '+916000000003',
    effect: `Its SMS arrives ${LATE_SECONDS} s after the send, by the sandbox's clock`,
  },
  expired: {
    mobile: '+916000000004',
    effect: 'Its code has expired when the SMS arrives: Verify OTP fails with the right code',
  },
  locked: {
    mobile: '+916000000005',
    effect: 'It has too many wrong codes behind it: Send OTP says to wait 30 s, each time, and Verify OTP fails',
  },
  unanswered: {
    mobile: '+916000000006',
    effect: 'The provider gives no answer: after 5 s Send OTP counts it as sent, and the SMS has arrived',
  },
  unregistered: {
    mobile: '+916000000007',
    effect: `The operator refuses its SMS, fault ${TEMPLATE_NOT_MATCHED} (DLT: no registered template): Send OTP answers that it could not be sent`,
  },
};

const BY_MOBILE: ReadonlyMap<string, Failure> = new Map(
  Object.entries(FAILING_MOBILES).map(([failure, { mobile }]) => [mobile, failure as Failure]),
);

/** @param mobile E.164 */
export function failureOf(mobile: string): Failure | undefined {
  return BY_MOBILE.get(mobile);
}
