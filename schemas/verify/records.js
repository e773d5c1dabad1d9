// The records of a production, one by one: their form, their place in the log, what they say, who signed them.

import { textOf, utf8 } from './bytes.js';
import { verifySignature } from './ed25519.js';
import { disclosureDigest, parseEvent, receivedAt, showEvent } from './event.js';
import { must } from './fault.js';
import { openCheckpoint } from './policy.js';
import { parseRecord } from './record.js';
import { Registry, isKeyEvent } from './registry.js';
import { leafHash, provesConsistency, provesInclusion } from './tree.js';

/** Signatures that are handed to WebCrypto together. */
const BATCH = 64;

/** Reads every record file (`record`). Each record also has `file`, `role`, `named` and `leaf`. */
export async function readRecords(files, findings) {
  const records = [];
  for (const { file, role, named } of files.records()) {
    const record = await findings.attempt('record', { file }, () => readRecord(files.read(file), role, named));
    if (record) records.push({ file, role, named, leaf: leafHash(record.entryText), ...record });
  }
  return records;
}

function readRecord(bytes, role, named) {
  const hasName = ['native', 'authority'].includes(role);
  must(!hasName || named !== null, 'record', 'a file of this name is not part of a production');
  const record = parseRecord(bytes);
  must(role !== 'authority' || named === String(record.index), 'record', 'its index is not that of its file name');
  must((role === 'bag') === (record.consistency !== null), 'record', 'only the bag record has a consistency proof of its own');
  return record;
}

/** Checks `inclusion`: every proof has exactly the production's checkpoint; that of the bag record has a later one. */
export async function checkInclusion(records, findings, { policy, checkpoint }, files) {
  if (!checkpoint) {
    findings.notDone('inclusion');
    return;
  }
  const text = textOf(files.read('data/PROOFS/checkpoint.txt'));
  for (const record of records) {
    const check = record.role === 'bag' ? includesLater : includes;
    await findings.attempt('inclusion', placeOf(record), () => check(record, policy, checkpoint, text));
  }
}

function includes(record, policy, checkpoint, text) {
  must(record.proof.checkpoint === text, 'inclusion', 'its proof has another checkpoint than the production');
  mustInclude(record, checkpoint);
}

async function includesLater(record, policy, checkpoint) {
  const own = await openCheckpoint(policy, utf8(record.proof.checkpoint));
  const { from, to, path } = record.consistency;
  must(from === checkpoint.size && to === own.size, 'inclusion', 'its consistency proof is between other sizes');
  const proved = provesConsistency(from, to, checkpoint.root, own.root, path);
  must(proved, 'inclusion', "its checkpoint is not of a log that begins with the production's");
  mustInclude(record, own);
}

function mustInclude({ index, leaf, proof }, { size, root }) {
  const proved = provesInclusion(index, size, leaf, proof.path, root);
  must(proved, 'inclusion', 'its path does not lead to the root that was signed');
}

/** Checks `event`: adds `token` and `shown` to every record whose event reads as its type. */
export async function checkEvents(records, findings, policy) {
  for (const record of records) {
    await findings.attempt('event', placeOf(record), () => {
      const token = parseEvent(record.event);
      must(!policy || token.claims.aud === policy.origin, 'event', 'its event is for another ledger');
      const shown = showEvent(token);
      must(inSlotOrder(token, shown), 'event', "its disclosures are not in the order of the type's slots");
      const received = record.intake === null ? null : receivedAt(record.intake, record.entry);
      must(record.intake === null || received !== null, 'event', "its intake disclosure is not the entry's");
      Object.assign(record, { token, shown, received });
    });
  }
}

function inSlotOrder({ disclosures }, { slots }) {
  const inOrder = slots.filter(({ disclosed }) => disclosed).map(({ commitment }) => commitment);
  return disclosures.every((disclosure, at) => disclosureDigest(disclosure) === inOrder[at]);
}

/**
 * Checks `key` and `signature`. The key events among the authorities are applied in the order of their index; an event is held against the
 * keys that were in force when it was entered. Gives the number of signatures that hold.
 */
export async function checkKeys(records, findings, progress) {
  const registry = new Registry();
  const readable = records.filter(({ token }) => token).sort((a, b) => a.index - b.index);
  let applied = -1;
  for (const record of readable) {
    const { index, token, role } = record;
    const isKeyRecord = role === 'authority' && isKeyEvent(token.claims.event) && index !== applied;
    const apply = () => findings.attempt('key', placeOf(record), () => registry.apply(index, token));
    if (isKeyRecord) applied = index;
    // The opening names the key that signs it; every other event about keys needs a key that is in force already.
    if (isKeyRecord && index === 0) await apply();
    const standing = () => registry.standing(token.claims.iss, token.kid, token.claims.seq);
    const key = await findings.attempt('key', placeOf(record), standing);
    if (isKeyRecord && index !== 0 && key && (await isSigned(record, key))) await apply();
  }
  return checkSignatures(readable, registry.everyKey(), findings, progress);
}

/** Where no key of that name was ever in force there is nothing to check by, which `key` says. */
async function checkSignatures(records, keys, findings, progress) {
  const signed = records.filter(({ token }) => keys.has(token.kid));
  let good = 0;
  for (let at = 0; at < signed.length; at += BATCH) {
    const batch = signed.slice(at, at + BATCH);
    const held = await Promise.all(batch.map((record) => isSigned(record, keys.get(record.token.kid))));
    batch.forEach((record, i) => {
      const what = `the signature of ${record.token.claims.iss} does not fit its event`;
      if (findings.expect(held[i], 'signature', what, placeOf(record))) good++;
    });
    await progress({ stage: 'signatures', done: at + batch.length, total: signed.length });
  }
  return good;
}

function isSigned({ token }, key) {
  return verifySignature(key, utf8(token.signingInput), token.signature);
}

/** Where a report says that a fault is. */
export const placeOf = ({ file, index }) => ({ file, index });
