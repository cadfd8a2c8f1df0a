import { clockMoved, fill, isAsking } from './approval.js';
import { clearDecisions, showClock, showDecision } from './decisions.js';
import { followEvents } from './events.js';
import { payByButton } from './payment.js';
import { clearPhone, showMessage } from './phone.js';
import { tryByButtons } from './tries.js';

payByButton();
tryByButtons();
followEvents({
  message: (message) => showMessage(message, isAsking() ? fill : undefined),
  decision: showDecision,
  clock(clock) {
    showClock(clock);
    clockMoved(clock);
  },
  reset(clock) {
    clearPhone();
    clearDecisions();
    clockMoved(clock);
  },
});
