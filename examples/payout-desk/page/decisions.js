import { byId, element } from './element.js';
import { ATTEMPTS, clockTime, MEANINGS, PASSED, RETRIED, SERVICES } from './words.js';

const list = byId('decision-list');
const noDecisions = byId('no-decisions');
const MOST_DECISIONS = 100;

const VERDICTS = { passed: 'Passed', asked: 'Asked for proof', unsure: 'No decision', refused: 'Refused' };
const KINDS = { otp_token_missing: 'asked', guard_unavailable: 'unsure' };

/** One decision of a guard: what was tried, what came of it, and what that means. */
export function showDecision(decision) {
  const { attempt, service, outcome, at, code, reason, proofId, retry } = decision;
  const isPassed = outcome === 'passed';
  const { status, meaning } = isPassed ? passed(retry) : (MEANINGS[code] ?? { status: '', meaning: '' });
  const kind = isPassed ? 'passed' : (KINDS[code] ?? 'refused');
  const verdict = element('p', { class: 'verdict' });
  verdict.append(
    element('strong', {}, VERDICTS[kind]),
    ' ',
    element('code', {}, isPassed ? `${status}` : `${status} ${code}`),
  );
  const facts = [reason && `reason: ${reason}`, proofId && `proof: ${proofId.slice(0, 6)}…`].filter(Boolean);
  add(
    element(
      'li',
      { class: `decision ${kind}` },
      element('h3', {}, ATTEMPTS[attempt] ?? 'From outside this page'),
      element('p', { class: 'where' }, `${SERVICES[service] ?? 'A guard'}, `, clockTime(at)),
      verdict,
      element('p', {}, meaning),
      element('p', { class: 'facts' }, facts.join(' · ')),
    ),
  );
}

export function showClock({ aheadSeconds }) {
  const minutes = Math.floor(aheadSeconds / 60);
  const seconds = String(aheadSeconds % 60).padStart(2, '0');
  add(element('li', { class: 'clock' }, `The sandbox’s clock is ${minutes}:${seconds} ahead now.`));
}

export function clearDecisions() {
  list.replaceChildren();
  noDecisions.hidden = false;
}

function passed(retry) {
  return retry ? RETRIED : PASSED;
}

function add(item) {
  list.prepend(item);
  while (list.children.length > MOST_DECISIONS) list.lastElementChild.remove();
  noDecisions.hidden = true;
}
