import { showClock, showDecision, clearDecisions } from './decisions.js';
import { followEvents } from './events.js';
import { createPayment } from './payment.js';
import { clearPhone, showMessage } from './phone.js';
import { createTries } from './tries.js';

const payment = createPayment();
createTries(payment);
followEvents({
  message: (message) => showMessage(message, payment),
  decision: showDecision,
  clock(clock) {
    showClock(clock);
    payment.clockMoved(clock);
  },
  reset(clock) {
    clearPhone();
    clearDecisions();
    payment.clockMoved(clock);
  },
});
