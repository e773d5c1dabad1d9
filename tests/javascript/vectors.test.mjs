// The vectors in schemas/vectors: the verifier in JavaScript gives the answers that are written there, as the one in Rust does
// (crates/verify/tests/vectors.rs).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import {
  Fault,
  Registry,
  fromBase64Url,
  openCheckpoint,
  parseEvent,
  parseHash,
  parseJson,
  parseJwt,
  parsePolicy,
  parseVkey,
  provesConsistency,
  provesInclusion,
  readPublicKey,
  readSealing,
  showEvent,
  toHex,
  utf8,
  verifyReceipt,
  verifySignature,
  verifyStrict,
} from '../../schemas/verify.js';
import { parseJsonBytes, plain } from '../../schemas/verify/json.js';

const ORIGIN = 'ledger.example/daybook';

const casesOf = (name) => JSON.parse(readFileSync(new URL(`../../schemas/vectors/${name}`, import.meta.url), 'utf8'));
const bytesOf = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
const told = (one) => JSON.stringify(one).slice(0, 300);

/** The code of the fault that `look` ends with; null where it ends well. */
async function codeOf(look) {
  try {
    await look();
    return null;
  } catch (error) {
    assert(error instanceof Fault, error.stack);
    return error.code;
  }
}

const holds = async (look) => (await codeOf(look)) === null;

/** One test over all cases of a file; each must be there. */
function agree(claim, name, check) {
  test(claim, async () => {
    const cases = casesOf(name);
    assert(cases.length > 1);
    for (const one of cases) await check(one);
  });
}

agree('base64 has one spelling', 'base64.json', ({ alphabet, text, bytes }) => {
  const found = alphabet === 'url' ? fromBase64Url(text) : parseHash(text);
  assert.equal(found && toHex(found), bytes, JSON.stringify(text));
});

agree('JSON is read strictly', 'json.json', async ({ bytes, text, code }) => {
  assert.equal(await codeOf(() => parseJsonBytes(bytesOf(bytes))), code, text);
});

agree('keys are canonical and of prime order', 'ed25519-keys.json', ({ key, why, signs_events, signs_notes }) => {
  assert.equal(readPublicKey(bytesOf(key)) !== null, signs_events, `${why} ${key}`);
  assert.equal(readPublicKey(bytesOf(key), false) !== null, signs_notes, `${why} ${key}`);
});

agree('signatures are accepted by the strict rule alone', 'ed25519-signatures.json', async (one) => {
  const key = readPublicKey(bytesOf(one.key));
  const [message, signature] = [bytesOf(one.message), bytesOf(one.signature)];
  assert.equal(key !== null && verifyStrict(key, message, signature), one.accepted, told(one));
  assert.equal(key !== null && (await verifySignature(key, message, signature)), one.accepted, told(one));
});

agree('an inclusion proof proves one leaf of one tree', 'inclusion.json', (one) => {
  const [leaf, root, path] = [parseHash(one.leaf), parseHash(one.root), one.path.map(parseHash)];
  assert.equal(provesInclusion(one.index, one.size, leaf, path, root), one.holds, told(one));
});

agree('a consistency proof proves one beginning of one tree', 'consistency.json', (one) => {
  const [oldRoot, newRoot, path] = [parseHash(one.old_root), parseHash(one.new_root), one.path.map(parseHash)];
  assert.equal(provesConsistency(one.from, one.to, oldRoot, newRoot, path), one.holds, told(one));
});

agree('a policy opens what its log and quorum signed', 'checkpoints.json', async (one) => {
  const policy = parsePolicy(one.policy);
  assert.equal(await holds(() => openCheckpoint(policy, utf8(one.note))), one.holds, told({ why: one.why, note: one.note }));
});

agree('policies have one reading', 'policies.json', async (one) => {
  assert.equal(await holds(() => parsePolicy(one.policy)), one.reads, told(one));
});

agree('an event shows what its disclosures open', 'events.json', async (one) => {
  let shown = null;
  const code = await codeOf(() => {
    const token = parseEvent(one.event);
    if (token.claims.aud !== ORIGIN) throw new Fault('wrong-audience');
    shown = showEvent(token);
  });
  assert.equal(code, one.code, one.why);
  if (code !== null) return;
  assert.deepEqual(plain(shown.fields), one.fields, one.why);
  const withheld = shown.slots.filter(({ disclosed }) => !disclosed).map(({ name }) => name);
  assert.deepEqual(withheld, one.withheld, one.why);
});

agree('a receipt proves its entry', 'receipts.json', async (one) => {
  assert.equal(await holds(() => verifyReceipt(utf8(one.receipt), parsePolicy(one.policy))), one.holds, one.why);
});

agree('a key is good for what the log said at that entry', 'keys.json', async ({ why, entries, standings }) => {
  const registry = new Registry();
  for (const [index, { jwt, allowed }] of entries.entries()) {
    assert.equal(await holds(() => registry.apply(index, parseJwt(jwt))), allowed, `entry ${index}: ${why}`);
  }
  for (const { iss, kid, seq, good } of standings) {
    assert.equal(await holds(() => registry.standing(iss, kid, seq)), good, `${seq}: ${why}`);
  }
});

agree('a sealing covers what it names', 'sealings.json', async ({ index, data, reads, spans, slots }) => {
  const claims = { event: 'record.sealed', iss: 'ledger/access', data: parseJson(JSON.stringify(data)) };
  let found;
  assert.equal(await holds(() => (found = readSealing(index, claims))), reads, told(data));
  if (reads) assert.deepEqual(found && found.spans.map(({ first, last }) => [first, last]), spans, told(data));
  if (slots) assert.deepEqual(found.slots, slots, told(data));
});

test('a key of a log has one spelling', async () => {
  const [, vkey] = casesOf('policies.json')[0].policy.match(/log (\S+)/);
  assert.equal(parseVkey(vkey).name, ORIGIN);
  for (const other of [`${vkey} `, vkey.toUpperCase(), vkey.slice(0, -4), vkey.replace('+', '-'), 'x', '']) {
    assert.equal(await codeOf(() => parseVkey(other)), 'vkey', other);
  }
});
