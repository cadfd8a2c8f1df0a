/** Stands for the application's own: who is signed in. */
export function customerOf(request: Request): { readonly mobile: string } | undefined {
  const isSignedIn = request.headers.get('cookie')?.includes('session=asha');
  return isSignedIn ? { mobile: '9002336768' } : undefined;
}
