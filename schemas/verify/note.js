// Signed notes, verifier keys and checkpoints (C2SP signed-note, tlog-cosignature, tlog-checkpoint), read strictly, so that a note has
// one spelling and a changed byte never goes unnoticed.

import { byteLength, decimal, fromBase64, joinBytes, sameBytes, toHex, utf8 } from './bytes.js';
import { readPublicKey, verifySignature } from './ed25519.js';
import { must } from './fault.js';
import { isKeyName } from './names.js';
import { sha256 } from './sha2.js';
import { HASH_BYTES, emptyRoot } from './tree.js';

const MAX_NOTE_BYTES = 1_000_000;
const MAX_NOTE_SIGNATURES = 100;
/** Types of key: Ed25519 over the text, and cosignature/v1 over a time and the text. */
export const LOG_KEY = 0x01;
export const WITNESS_KEY = 0x04;

/** Reads `<name>+<id in hex>+<base64 of type and key>`. Fault: `vkey`. */
export function parseVkey(text) {
  const [name, id] = text.split('+', 2);
  const encoded = text.slice(name.length + 1 + (id?.length ?? 0) + 1);
  must(id !== undefined && isKeyName(name), 'vkey', 'it is not <name>+<8 hex digits>+<base64>');
  const bytes = fromBase64(encoded);
  must(bytes !== null && bytes.length > 0, 'vkey', 'it is not <name>+<8 hex digits>+<base64>');
  must([LOG_KEY, WITNESS_KEY].includes(bytes[0]), 'vkey', 'its type of key is not known');
  const key = readPublicKey(bytes.subarray(1), false);
  must(key !== null, 'vkey', 'the key is not a usable Ed25519 key');
  // The first four bytes of SHA-256(name, LF, type, key).
  const keyId = sha256(joinBytes(utf8(`${name}\n`), bytes)).subarray(0, 4);
  must(toHex(keyId) === id, 'vkey', 'its id is not that of this name and key; was it copied in full?');
  return { text, name, type: bytes[0], key, keyId };
}

/** Takes a note apart: its text, with the last line feed, and its signature lines. Nothing is verified yet. Fault: `note`. */
export function parseNote(note) {
  must(byteLength(note) <= MAX_NOTE_BYTES, 'note', 'the note is too large');
  must(!/[\u0000-\u0009\u000b-\u001f]/.test(note), 'note', 'the note holds a control character');
  const end = note.lastIndexOf('\n\n') + 1;
  const lines = note.slice(end + 1);
  must(end > 0 && lines.endsWith('\n'), 'note', 'it is not a text, an empty line and signature lines');
  const split = lines.slice(0, -1).split('\n');
  must(split.length <= MAX_NOTE_SIGNATURES, 'note', 'the note has too many signatures');
  return { text: note.slice(0, end), signatures: split.map(parseSignatureLine) };
}

function parseSignatureLine(line) {
  const [dash, name, encoded, ...rest] = line.split(' ');
  const fits = dash === '—' && rest.length === 0 && encoded !== undefined && isKeyName(name);
  const bytes = fits ? fromBase64(encoded) : null;
  must(bytes !== null && bytes.length > 4, 'note', 'a signature line is malformed');
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** The keys, out of `known`, that signed. Fault `note` where a signature that claims a known key is false, or none is by one. */
export async function verifyNote({ text, signatures }, known) {
  const verified = new Set();
  for (const { name, keyId, signature } of signatures) {
    const vkey = known.find((key) => key.name === name && sameBytes(key.keyId, keyId));
    if (!vkey) continue;
    must(await signatureFits(vkey, text, signature), 'note', `the signature of ${name} does not fit the text`);
    verified.add(vkey);
  }
  must(verified.size > 0, 'note', 'no signature is by a known key');
  return verified;
}

async function signatureFits(vkey, text, signature) {
  if (vkey.type === LOG_KEY) return verifySignature(vkey.key, utf8(text), signature);
  if (signature.length !== 8 + 64 || signature[0] >= 0x80) return false;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  return verifySignature(vkey.key, utf8(`cosignature/v1\ntime ${time}\n${text}`), signature.subarray(8));
}

/** Reads the text of a note as a checkpoint: three lines and no more. Fault: `checkpoint`. */
export function parseCheckpoint(text) {
  const [origin, sizeText, rootText, end, ...rest] = text.split('\n');
  must(end === '' && rest.length === 0, 'checkpoint', 'a checkpoint has exactly three lines: origin, size, root');
  must(isKeyName(origin), 'checkpoint', 'the origin line is not a name');
  const size = decimal(sizeText);
  must(size !== null, 'checkpoint', 'the size line is not a plain decimal number');
  const root = parseHash(rootText);
  const fits = root !== null && (size > 0 || sameBytes(root, emptyRoot()));
  must(fits, 'checkpoint', 'the root line is not a hash that fits the size');
  return { origin, size, root };
}

/** A hash in base64 with padding; null for anything else. */
export function parseHash(text) {
  const hash = fromBase64(text);
  return hash?.length === HASH_BYTES ? hash : null;
}

/** What people compare: hex of the SHA-256 of the vkey's text. */
export function fingerprint(vkey) {
  return toHex(sha256(utf8(vkey.text)));
}
