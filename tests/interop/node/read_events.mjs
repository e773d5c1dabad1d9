// Reads Daybook events with npm @sd-jwt/core: whole, and with half of their slots withheld.
// Input: the JSON Lines that read_events.py describes. Ends with status 1 at the first disagreement.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { SDJwtInstance } from '@sd-jwt/core';

function disagree(message) {
  console.error(`DISAGREE: ${message}`);
  process.exit(1);
}

function reader(x) {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return new SDJwtInstance({
    hashAlg: 'sha-256',
    hasher: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
    verifier: (signed, signature) =>
      verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64url')),
  });
}

function changeSignature(compact) {
  const tilde = compact.indexOf('~');
  const dot = compact.lastIndexOf('.', tilde);
  const first = compact[dot + 1] === 'A' ? 'B' : 'A';
  return compact.slice(0, dot + 1) + first + compact.slice(dot + 2);
}

const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter((line) => line !== '');
if (lines.length === 0) disagree('no samples');
for (const line of lines) {
  const sample = JSON.parse(line);
  const instance = reader(sample.x);
  for (const part of ['full', 'half']) {
    const { payload } = await instance.verify(sample[part]);
    if (!isDeepStrictEqual(payload.data, sample[`${part}_data`])) {
      disagree(`${sample.name}, ${part}: @sd-jwt/core reads ${JSON.stringify(payload.data)}`);
    }
  }
  const changed = await instance.verify(changeSignature(sample.full)).then(
    () => true,
    () => false,
  );
  if (changed) disagree(`${sample.name}: @sd-jwt/core accepts a changed signature`);
}
console.log(`@sd-jwt/core (npm): ${lines.length} events read whole and half disclosed, changed signatures refused`);
