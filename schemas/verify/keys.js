// Whose key was in force when: the fold over the key events among the authorities, in the order of their index; and the signatures.

import { utf8 } from './bytes.js';
import { verifySignature } from './ed25519.js';
import { Fault } from './fault.js';
import { placeOf } from './records.js';
import { Registry, isKeyEvent } from './registry.js';

/** Signatures that are handed to WebCrypto together. */
const BATCH = 64;
const FALSE_SIGNATURE = 'the signature is not by the key that the event names';

/** Checks `key` and `signature` of the records, which are in the order of their index. Gives the number of signatures that hold. */
export async function checkKeys(records, findings, progress) {
  const readable = records.filter(({ shown }) => shown);
  const isAuthority = ({ role }) => role === 'authority';
  const { keys, events, signatures } = await foldAuthorities(readable.filter(isAuthority), findings);
  const others = readable.filter((record) => !isAuthority(record));
  checkStandings(others, events, findings);
  return signatures + (await checkSignatures(others, keys, findings, progress));
}

/**
 * Applies the key events among the authorities: { keys, events, signatures }. An event about keys whose own key or signature does not hold has
 * no effect.
 */
async function foldAuthorities(authorities, findings) {
  const registry = new Registry();
  const events = [];
  let signatures = 0;
  for (const record of authorities) {
    const { index, token } = record;
    const isOpening = index === 0 && token.claims.event === 'ledger.opened';
    // The opening names the key that signs it; everything else needs a key that is in force already.
    if (!isOpening && !(await isSignedInForce(registry, record, findings))) continue;
    signatures++;
    if (!isKeyEvent(token.claims.event)) continue;
    await findings.attempt('key', placeOf(record), () => {
      registry.apply(index, token);
      events.push(record);
    });
  }
  return { keys: registry.everyKey(), events, signatures };
}

async function isSignedInForce(registry, record, findings) {
  const key = await findings.attempt('key', placeOf(record), () => standingOf(registry, record));
  return key !== null && findings.expect(await isSigned(record, key), 'signature', FALSE_SIGNATURE, placeOf(record));
}

function standingOf(registry, { token }) {
  return registry.standing(token.claims.iss, token.kid, token.claims.seq);
}

/** Says of each record whose key was not in force when it was entered. */
function checkStandings(records, events, findings) {
  const registry = new Registry();
  let next = 0;
  for (const record of records) {
    for (; next < events.length && events[next].index < record.index; next++) registry.apply(events[next].index, events[next].token);
    const isOpening = record.index === 0 && events[next]?.index === 0;
    if (isOpening) continue;
    try {
      standingOf(registry, record);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      findings.add('key', error.message, placeOf(record));
    }
  }
}

/** Where no key of that name was ever in force there is nothing to check by, which `key` says. */
async function checkSignatures(records, keys, findings, progress) {
  const signed = records.filter(({ token }) => keys.has(token.kid));
  let good = 0;
  for (let at = 0; at < signed.length; at += BATCH) {
    const batch = signed.slice(at, at + BATCH);
    const held = await Promise.all(batch.map((record) => isSigned(record, keys.get(record.token.kid))));
    batch.forEach((record, i) => {
      if (findings.expect(held[i], 'signature', FALSE_SIGNATURE, placeOf(record))) good++;
    });
    await progress({ stage: 'signatures', done: at + batch.length, total: signed.length });
  }
  return good;
}

function isSigned({ token }, key) {
  return verifySignature(key, utf8(token.signingInput), token.signature);
}
