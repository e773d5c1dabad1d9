// Bytes and their texts. Each value has one spelling (formats.md, "base64url"): padding where it does not belong, other
// alphabets, white space and tail bits that are not zero are refused.

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const STANDARD_VALUES = valuesOf(STANDARD);
const URL_SAFE_VALUES = valuesOf(URL_SAFE);

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a text. */
export function utf8(text) {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes, a byte order mark included; null where they are not UTF-8. */
export function textOf(bytes) {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Number of bytes of a text in UTF-8. */
export function byteLength(text) {
  return /^[\x00-\x7f]*$/.test(text) ? text.length : encoder.encode(text).length;
}

/** Reads base64url without padding; null for every other spelling. */
export function fromBase64Url(text) {
  return decode64(text, URL_SAFE_VALUES);
}

/** Reads base64url of exactly `length` bytes; null for anything else. */
export function fromBase64UrlOf(text, length) {
  if (typeof text !== 'string' || text.length !== Math.ceil((length * 4) / 3)) return null;
  return fromBase64Url(text);
}

/** Writes base64url without padding. */
export function toBase64Url(bytes) {
  return encode64(bytes, URL_SAFE);
}

/** Reads base64 with padding (RFC 4648 section 4); null for every other spelling. */
export function fromBase64(text) {
  if (text.length % 4 !== 0) return null;
  const digits = text.replace(/={1,2}$/, '');
  const padding = (4 - (digits.length % 4)) % 4;
  return digits.length + padding === text.length ? decode64(digits, STANDARD_VALUES) : null;
}

/** Writes base64 with padding. */
export function toBase64(bytes) {
  const digits = encode64(bytes, STANDARD);
  return digits + '='.repeat((4 - (digits.length % 4)) % 4);
}

/** Lower-case hex. */
export function toHex(bytes) {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}

/** Reads lower-case hex of exactly `length` bytes; null for anything else. */
export function fromHexOf(text, length) {
  if (text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) return null;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** Whether two byte strings are the same. Nothing here is secret, so it may stop early. */
export function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** The byte strings one after the other. */
export function joinBytes(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Orders texts by their UTF-8 bytes, as sort wants it. */
export function compareBytewise(a, b) {
  const [left, right] = [utf8(a), utf8(b)];
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
}

/** A decimal number without sign and leading zeros, at most 2^53 - 1; null for anything else. */
export function decimal(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

function valuesOf(alphabet) {
  const values = new Int8Array(128).fill(-1);
  for (let at = 0; at < 64; at++) values[alphabet.charCodeAt(at)] = at;
  return values;
}

function decode64(text, values) {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [bits, held, at] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? values[code] : -1;
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 0xff;
    }
  }
  return (bits & ((1 << held) - 1)) === 0 ? bytes : null;
}

function encode64(bytes, alphabet) {
  let [text, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += alphabet[(bits >> held) & 63];
    }
  }
  return held > 0 ? text + alphabet[(bits << (6 - held)) & 63] : text;
}
