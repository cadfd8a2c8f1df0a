import { type OtpInput, type OtpProblem, type OtpSent, type OtpTexts, OtpError } from '../../src/index.ts';
import { type DetailedHTMLProps, type HTMLAttributes, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

type Events = { onapprove?: (event: Event) => void; onresend?: (event: Event) => void };
type Props = DetailedHTMLProps<HTMLAttributes<OtpInput>, OtpInput> & Events;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'otp-input': Props & { texts?: Partial<OtpTexts> } & Partial<Pick<OtpInput, 'sent' | 'problem' | 'busy'>>;
    }
  }
}

function Approval() {
  const [sent, setSent] = useState<OtpSent>();
  const [problem, setProblem] = useState<OtpProblem>();
  const [approved, setApproved] = useState('');
  const send = (): void => setSent({ expiresAt: Date.now() + 300_000, resendAfterSeconds: 0, mobile: '******6768' });
  const approve = (event: Event): void => {
    const { value } = event.target as OtpInput;
    if (value === '134021') setApproved(value);
    else setProblem(new OtpError('otp_wrong'));
  };
  return (
    <>
      <otp-input sent={sent} problem={problem} texts={{ approve: 'Pay now' }} onapprove={approve} onresend={send} />
      <output id="outcome">{approved}</output>
    </>
  );
}

createRoot(document.querySelector('main')!).render(
  <StrictMode>
    <Approval />
  </StrictMode>,
);
