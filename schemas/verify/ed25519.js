// Ed25519 by the strict rule of formats.md ("Signature"): s < L; R and the key canonical and of no small order; the key without a
// torsion component; [s]B = R + [k]A without the cofactor.
//
// WebCrypto is quicker but leaves those conditions to the browser. So each is checked here besides, and a WebCrypto that accepts
// one of the signatures below, on which libraries are known to differ, is not used at all. What it refuses is decided here.

import { fromHexOf, joinBytes, toHex, utf8 } from './bytes.js';
import {
  GROUP_ORDER,
  decodePoint,
  fromLittleEndian,
  isSmallOrder,
  isTorsionFree,
  multiplyBaseLess,
  samePoint,
} from './curve.js';
import { sha512 } from './sha2.js';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * A public key that is canonical and of prime order, with what is computed once; null for other bytes.
 * `strict` may be false for the keys of checkpoints, in which only small order is refused (C2SP signed-note says no more).
 */
export function readPublicKey(bytes, strict = true) {
  if (bytes.length !== KEY_BYTES) return null;
  const point = decodePoint(bytes);
  if (point === null || isSmallOrder(point)) return null;
  const torsionFree = isTorsionFree(point);
  return torsionFree || !strict ? { bytes, point, torsionFree, imported: null } : null;
}

/** Whether the signature over the message is accepted, computed here alone: the definition. */
export function verifyStrict(key, message, signature) {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const [encodedR, s] = [signature.subarray(0, 32), fromLittleEndian(signature.subarray(32))];
  if (s >= GROUP_ORDER) return false;
  const r = decodePoint(encodedR);
  if (r === null || isSmallOrder(r)) return false;
  const k = fromLittleEndian(sha512(joinBytes(encodedR, key.bytes, message))) % GROUP_ORDER;
  return samePoint(r, multiplyBaseLess(s, key.point, k));
}

/** The same answer, by WebCrypto where that can be relied on. */
export async function verifySignature(key, message, signature) {
  if (mayAskWebCrypto(key, signature) && (await webCryptoIsStrict())) {
    if (await askWebCrypto(key, message, signature)) return true;
  }
  return verifyStrict(key, message, signature);
}

/** What WebCrypto may leave unchecked, as far as it can be told without the equation. */
function mayAskWebCrypto(key, signature) {
  if (signature.length !== SIGNATURE_BYTES || !key.torsionFree) return false;
  const r = signature.subarray(0, 32);
  return fromLittleEndian(signature.subarray(32)) < GROUP_ORDER && isCanonicalY(r) && !SMALL_ORDER.has(toHex(r));
}

/** y below p. The encodings with x = 0 and a sign are in SMALL_ORDER. */
function isCanonicalY(bytes) {
  return (fromLittleEndian(bytes) & ((1n << 255n) - 1n)) < (1n << 255n) - 19n;
}

async function askWebCrypto(key, message, signature) {
  try {
    key.imported ??= crypto.subtle.importKey('raw', key.bytes, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', await key.imported, signature, message);
  } catch {
    return false;
  }
}

let webCryptoProbe = null;

/** Whether this WebCrypto knows Ed25519, accepts a good signature, and refuses the ones that must be refused. */
export function webCryptoIsStrict() {
  webCryptoProbe ??= probeWebCrypto();
  return webCryptoProbe;
}

async function probeWebCrypto() {
  if (!globalThis.crypto?.subtle) return false;
  for (const [accepted, keyHex, text, signatureHex] of PROBES) {
    const key = { bytes: fromHexOf(keyHex, KEY_BYTES), imported: null };
    const answer = await askWebCrypto(key, utf8(text), fromHexOf(signatureHex, SIGNATURE_BYTES));
    if (answer !== accepted) return false;
  }
  return true;
}

/** Every encoding of the eight points of small order, canonical or not. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]);

/** Whether it must be accepted, key, message, signature. */
const PROBES = [
  // good
  [
    true,
    '6128326f0db58cfbdf1f16eebddd58f816d682f9d90ac23642d6fe520ba563bf',
    'daybook probe',
    'fd5f3bfbf7d9af384600b91617b255d7496899d79bdaacc7e095eb48f7e638ea' +
      '600be8c4f2f94ddaa1de11febdc5d05505170966701562f4935ae81249020208',
  ],
  // s + L
  [
    false,
    '6128326f0db58cfbdf1f16eebddd58f816d682f9d90ac23642d6fe520ba563bf',
    'daybook probe',
    'fd5f3bfbf7d9af384600b91617b255d7496899d79bdaacc7e095eb48f7e638ea' +
      '4ddfdd210d5d6032787b09a19cbfaf6a05170966701562f4935ae81249020218',
  ],
  // torsion in R: right only with the cofactor
  [
    false,
    '6128326f0db58cfbdf1f16eebddd58f816d682f9d90ac23642d6fe520ba563bf',
    'daybook probe',
    'cad11f2ce98002afee5d65a934ddac4b595f4ebf0e2768b216ca724b997bdcde' +
      '8e8c4e96df7f94e4e95f87b85723da3b13d946d0d50ec9614a391910fcffae0a',
  ],
  // another message
  [
    false,
    '6128326f0db58cfbdf1f16eebddd58f816d682f9d90ac23642d6fe520ba563bf',
    'daybook probe!',
    'fd5f3bfbf7d9af384600b91617b255d7496899d79bdaacc7e095eb48f7e638ea' +
      '600be8c4f2f94ddaa1de11febdc5d05505170966701562f4935ae81249020208',
  ],
];
