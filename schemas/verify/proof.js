// A proof to carry around (C2SP tlog-proof), an entry, and the receipt that holds both (formats.md).

import { byteLength, decimal, fromBase64, fromBase64UrlOf, textOf, utf8 } from './bytes.js';
import { must } from './fault.js';
import { isObject, parseJson } from './json.js';
import { parseHash } from './note.js';
import { openCheckpoint } from './policy.js';
import { parseJwt } from './event.js';
import { MAX_PATH_HASHES, leafHash, provesInclusion } from './tree.js';

const MAX_PROOF_BYTES = 2_000_000;
const MAX_ENTRY_BYTES = 65_535;
const MAX_RECEIPT_BYTES = 4 << 20;
const HEADER = 'c2sp.org/tlog-proof@v1';
const ENTRY = /^\{"v":1,"prev":"(.{43})","intake":"(.{43})","event":"([A-Za-z0-9_.-]+)"\}$/;

/** Reads a tlog-proof. Whether it proves anything, provesInclusion says. Fault: `proof`. */
export function parseProof(text) {
  must(byteLength(text) <= MAX_PROOF_BYTES, 'proof', 'it is larger than any proof');
  const end = text.indexOf('\n\n');
  must(end >= 0, 'proof', 'there is no empty line');
  const lines = text.slice(0, end).split('\n');
  must(lines.shift() === HEADER, 'proof', 'the first line is another');
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift().slice(6)) : undefined;
  must(extra !== null, 'proof', 'the extra data is not base64');
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? decimal(indexLine.slice(6)) : null;
  must(index !== null, 'proof', 'the index line is missing or malformed');
  must(lines.length <= MAX_PATH_HASHES, 'proof', 'the path is longer than any path');
  const path = lines.map(parseHash);
  must(!path.includes(null), 'proof', 'a line of the path is not a hash');
  return { extra: extra ?? null, index, path, checkpoint: text.slice(end + 2) };
}

/** Reads an entry; every byte is accounted for. The event inside is not parsed. Fault: `entry`. */
export function parseEntry(text) {
  must(byteLength(text) <= MAX_ENTRY_BYTES, 'entry', 'the entry is too long');
  const found = ENTRY.exec(text);
  must(found !== null, 'entry', 'the entry does not have the exact form of an entry');
  const [, prev, intake, event] = found;
  must(fromBase64UrlOf(prev, 32) !== null, 'entry', 'prev of the entry is not base64url of 32 bytes');
  must(fromBase64UrlOf(intake, 32) !== null, 'entry', 'intake of the entry is not base64url of 32 bytes');
  return { prev, intake, event };
}

/**
 * Checks a receipt file under a policy: that this entry is number `index` of the log that signed the checkpoint. The event's signature is
 * not checked, since a receipt does not hold the key. Faults: `receipt`, `proof`, `note`, `checkpoint`, `entry`, and those of parseJwt.
 */
export async function verifyReceipt(bytes, policy) {
  const text = bytes.length <= MAX_RECEIPT_BYTES ? textOf(bytes) : null;
  must(text !== null, 'receipt', 'it is not a receipt');
  const file = parseJson(text);
  const fits = isObject(file) && [...file.keys()].sort().join() === 'entry,proof,v' && file.get('v') === 1;
  must(fits, 'receipt', 'a receipt is JSON with exactly v, entry and proof');
  const [entryText, proofText] = [file.get('entry'), file.get('proof')];
  must(typeof entryText === 'string' && typeof proofText === 'string', 'receipt', 'entry and proof are texts');
  const proof = parseProof(proofText);
  must(proof.extra === null, 'proof', "a receipt's proof has no extra data");
  const checkpoint = await openCheckpoint(policy, utf8(proof.checkpoint));
  const proved = provesInclusion(proof.index, checkpoint.size, leafHash(entryText), proof.path, checkpoint.root);
  must(proved, 'proof', 'the path does not lead from the entry to the root that was signed');
  const entry = parseEntry(entryText);
  const token = parseJwt(entry.event);
  must(token.claims.aud === policy.origin, 'wrong-audience', 'the event is for another ledger');
  return { index: proof.index, checkpoint, entry, token };
}
