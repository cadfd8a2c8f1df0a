import { hindi } from './dist/hindi.js';
import { withMobileProof } from './dist/index.js';

const pay = withMobileProof(fetch, { texts: hindi });

document.querySelector('#pay').addEventListener('click', () => {
  const body = JSON.stringify({ amount: 2500, payee: 'Asha Traders' });
  void pay('/payouts', { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then((response) => {
    document.querySelector('#outcome').textContent = String(response.status);
  });
});
