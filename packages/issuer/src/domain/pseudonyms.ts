import { createHmac } from 'node:crypto';
import { maskMobile } from '@verified-mobile/core';
import type { RecordedEvent } from './events.ts';
import { prefixOf, wireMobile } from './wire-values.ts';

/** How events name people: masked for those who read them, and, with a key, as a digest by which a person is found. */
export interface Pseudonyms {
  readonly ofMobile: (mobile: string) => Pick<RecordedEvent, 'mobile' | 'prefix' | 'mobileDigest'>;
  readonly ofAgent: (cspId: string) => Pick<RecordedEvent, 'cspId' | 'cspDigest'>;
  /** A caller's own reference may be made of a mobile. */
  readonly inReference: (clientRefId: string, mobile: string) => string;
}

/** Ten digits of an Indian mobile, with or without the country code, where no more digits stand before or behind. */
const MOBILE_IN_TEXT = /(?<![0-9])((?:91|0)?[6-9][0-9])([0-9]{6})([0-9]{2})(?![0-9])/g;

/** @param key of at least 32 bytes. Without one, events can be read but no person can be searched for */
export function createPseudonyms(key: Uint8Array | undefined): Pseudonyms {
  const digestOf = (kind: string, value: string): string | undefined =>
    key &&
    createHmac('sha256', key)
      .update(JSON.stringify([kind, value]))
      .digest()
      .toString('base64url', 0, 16);
  return {
    ofMobile(mobile) {
      const mobileDigest = digestOf('mobile', mobile);
      return { mobile: maskMobile(mobile), prefix: prefixOf(mobile), ...(mobileDigest && { mobileDigest }) };
    },
    ofAgent(cspId) {
      const cspDigest = digestOf('csp', cspId);
      return { cspId: masked(cspId), ...(cspDigest && { cspDigest }) };
    },
    inReference(clientRefId, mobile) {
      const own = wireMobile(mobile);
      // The request's own wherever it stands: a date and a mobile are one run of digits.
      return clientRefId.replaceAll(own, masked(own)).replaceAll(MOBILE_IN_TEXT, '$1******$3');
    },
  };
}

function masked(digits: string): string {
  return `${digits.slice(0, 2)}******${digits.slice(-2)}`;
}
