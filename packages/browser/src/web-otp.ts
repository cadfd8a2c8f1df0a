interface OtpCredentials {
  get(options: { otp: { transport: ['sms'] }; signal: AbortSignal }): Promise<{ code?: string } | null>;
}

/** Hands over the code of an SMS that ends with `@host #code`, if the browser reads such (Chromium) and the customer agrees. */
export function receiveOtp(signal: AbortSignal, use: (code: string) => void): void {
  if (!('OTPCredential' in globalThis)) return;
  const credentials = navigator.credentials as unknown as OtpCredentials;
  credentials.get({ otp: { transport: ['sms'] }, signal }).then(
    (credential) => {
      if (credential?.code !== undefined) use(credential.code);
    },
    // The customer types it: they refused, the page may not ask, or `signal` ended it.
    () => undefined,
  );
}
