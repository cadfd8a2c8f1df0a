/**
 * The primes up to 167 of which the powers of 65537 leave residues out. Infineon's library RSALib made both primes of a
 * key congruent to such powers, so that the modulus is one too, and such a key can be factored from its public half.
 *
 * CVE-2017-15361; Nemec and others, "The Return of Coppersmith's Attack", ACM CCS 2017, section 2.
 */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

const FINGERPRINT: readonly { readonly prime: bigint; readonly residues: ReadonlySet<bigint> }[] = PRIMES.map(
  (prime) => ({ prime: BigInt(prime), residues: powersOf65537(BigInt(prime)) }),
);

/** Whether an RSA modulus has the fingerprint. By chance one in 240 million has it. */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return FINGERPRINT.every(({ prime, residues }) => residues.has(modulus % prime));
}

function powersOf65537(prime: bigint): ReadonlySet<bigint> {
  const powers = new Set<bigint>();
  for (let power = 1n; !powers.has(power); power = (power * 65_537n) % prime) powers.add(power);
  return powers;
}
