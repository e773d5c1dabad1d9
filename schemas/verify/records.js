// The records of a production, one by one: their form, their place in the log, and what they say.

import { textOf, utf8 } from './bytes.js';
import { disclosureDigest, parseEvent, receivedAt, showEvent } from './event.js';
import { must } from './fault.js';
import { openCheckpoint } from './policy.js';
import { parseEntry, parseProof } from './proof.js';
import { parseRecord } from './record.js';
import { leafHash, provesConsistency, provesInclusion } from './tree.js';

const CHECKPOINT = 'data/PROOFS/checkpoint.txt';

/** Where a report says that a fault is. */
export const placeOf = ({ file, index }) => ({ file, index });

/**
 * Reads every record file (`record`), in the order of their index. A record has what parseRecord reads of it, and `file`, `role`, `named` and
 * `leaf`; its entry and proof are null where they are malformed.
 */
export async function readRecords(files, findings) {
  const records = [];
  for (const { file, role, named } of files.records()) {
    const bytes = files.read(file);
    // What cannot be read is a fault of the package already.
    const parsed = bytes && (await findings.attempt('record', { file }, () => parseRecord(bytes)));
    if (!parsed) continue;
    const record = { ...parsed, file, role, named, leaf: leafHash(parsed.entry) };
    checkNames(record, findings);
    record.entry = await findings.attempt('record', placeOf(record), () => parseEntry(parsed.entry));
    const sameEvent = record.entry === null || parsed.event.split('~', 1)[0] === record.entry.event;
    findings.expect(sameEvent, 'record', "the event's signed part is not the one in the entry", placeOf(record));
    record.proof = await findings.attempt('record', placeOf(record), () => readProof(parsed));
    records.push(record);
  }
  return records.sort((a, b) => a.index - b.index);
}

function checkNames(record, findings) {
  const { role, named, index, consistency } = record;
  const isNamed = role === 'native' ? named !== null : role !== 'authority' || named === String(index);
  findings.expect(isNamed, 'record', 'a record of this kind is in a file of another name', placeOf(record));
  const what = 'a consistency proof is in the bag record and in no other';
  findings.expect((role === 'bag') === (consistency !== null), 'record', what, placeOf(record));
}

function readProof({ proof: text, index }) {
  const proof = parseProof(text);
  must(proof.extra === null && proof.index === index, 'record', 'the proof is of another index, or carries extra data');
  return proof;
}

/** Checks `inclusion`: every proof has exactly the production's checkpoint; that of the bag record has a later one. */
export async function checkInclusion(records, findings, { policies, checkpoint }, files) {
  const bytes = files.read(CHECKPOINT);
  const text = bytes && textOf(bytes);
  for (const record of records.filter(({ proof }) => proof !== null)) {
    await findings.attempt('inclusion', placeOf(record), async () => {
      must(checkpoint !== null, 'inclusion', 'there is no checkpoint to prove it by');
      if (record.role !== 'bag') must(record.proof.checkpoint === text, 'inclusion', "the proof's checkpoint is not checkpoint.txt");
      const { size, root } = record.role === 'bag' ? await laterCheckpoint(record, policies, checkpoint) : checkpoint;
      const proved = provesInclusion(record.index, size, record.leaf, record.proof.path, root);
      must(proved, 'inclusion', 'its path does not lead to the root that was signed');
    });
  }
}

/** The bag record vouches for the rest, so it was made later, under a checkpoint of its own. */
async function laterCheckpoint({ proof, consistency }, policies, checkpoint) {
  must(policies.length > 0, 'inclusion', 'there is no policy to check its checkpoint by');
  let own = null;
  for (const policy of policies) own = await openCheckpoint(policy, utf8(proof.checkpoint));
  must(consistency !== null, 'inclusion', 'it has no consistency proof');
  const { from, to, path } = consistency;
  must(from === checkpoint.size && to === own.size, 'inclusion', 'its consistency proof is between other sizes');
  const proved = provesConsistency(from, to, checkpoint.root, own.root, path);
  must(proved, 'inclusion', "its checkpoint is not of a log that begins with the production's");
  return own;
}

/** Checks `event`: adds `token`, `shown` and `received` to every record whose event reads as its type. */
export async function checkEvents(records, findings, origin) {
  for (const record of records) {
    const where = placeOf(record);
    await findings.attempt('event', where, () => {
      const token = parseEvent(record.event);
      must(origin === null || token.claims.aud === origin, 'event', 'its event is for another ledger');
      Object.assign(record, { token, shown: showEvent(token) });
    });
    if (record.shown) {
      const inOrder = inSlotOrder(record.token, record.shown);
      findings.expect(inOrder, 'event', "its disclosures are not in the order of the type's slots", where);
    }
    if (record.intake !== null && record.entry) {
      record.received = receivedAt(record.intake, record.entry);
      findings.expect(record.received !== null, 'event', "its intake disclosure is not the entry's", where);
    }
  }
}

function inSlotOrder({ disclosures }, { slots }) {
  const inOrder = slots.filter(({ disclosed }) => disclosed).map(({ commitment }) => commitment);
  return disclosures.every((disclosure, at) => disclosureDigest(disclosure) === inOrder[at]);
}
