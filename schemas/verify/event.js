// An event (formats.md): an SD-JWT in compact form, read with everything that RFC 9901 leaves open decided on the strict side. Fault codes
// are those of refusals (ops/errors).

import { byteLength, fromBase64Url, fromBase64UrlOf, toBase64Url, utf8 } from './bytes.js';
import { Fault, must } from './fault.js';
import { MAX_DEPTH, isCount, isObject, parseJsonBytes } from './json.js';
import { departmentOf, isDigest, isIssuer, isJti, isOrigin, isPeriod, isTypeName } from './names.js';
import { sha256 } from './sha2.js';
import { typeOf } from './catalogue.js';

const MAX_EVENT_BYTES = 65_536;
const MAX_JWT_BYTES = 49_152;
const MAX_DISCLOSURES = 64;
const SALT_BYTES = 16;
const HEADER_MEMBERS = ['alg', 'kid', 'typ'];
const RESERVED = ['...', '_sd'];

/** The form of each member of a payload. All are required but `_sd_alg`. */
const CLAIMS = {
  iss: isIssuer,
  aud: isOrigin,
  jti: isJti,
  event: isTypeName,
  v: (value) => isCount(value) && value >= 1 && value < 2 ** 32,
  period: isPeriod,
  seq: isCount,
  prev: isDigest,
  data: isObject,
  _sd_alg: (value) => value === 'sha-256',
};

/** Reads an event with whatever disclosures it carries. Neither signature nor disclosures are checked yet. */
export function parseEvent(compact) {
  must(byteLength(compact) <= MAX_EVENT_BYTES, 'too-large', 'the event is too large');
  // The tilde at the end is part of the form; text after it would be a key-binding JWT, which events do not have.
  const [jwt, ...disclosures] = compact.split('~');
  must(disclosures.pop() === '' && !disclosures.includes(''), 'not-sd-jwt', 'it is not an SD-JWT in compact form');
  must(disclosures.length <= MAX_DISCLOSURES, 'too-large', 'the event has too many disclosures');
  return { ...parseJwt(jwt), disclosures };
}

/** Reads an issuer-signed JWT alone, as entries keep it. */
export function parseJwt(jwt) {
  must(byteLength(jwt) <= MAX_JWT_BYTES, 'too-large', 'the signed part is too large');
  const parts = jwt.split('.');
  must(parts.length === 3, 'not-sd-jwt', 'it is not three parts joined by dots');
  const kid = readHeader(decodePart(parts[0]));
  const claims = readClaims(decodePart(parts[1]));
  const signature = fromBase64UrlOf(parts[2], 64);
  must(signature !== null, 'bad-encoding', 'the signature is not base64url of 64 bytes');
  return { jwt, kid, claims, signature, signingInput: `${parts[0]}.${parts[1]}`, disclosures: [] };
}

function decodePart(text) {
  const bytes = fromBase64Url(text);
  must(bytes !== null, 'bad-encoding', 'a part is not base64url');
  return bytes;
}

/** The header has exactly these members; its `kid`. */
function readHeader(json) {
  const header = parseJsonBytes(json);
  const exact = isObject(header) && [...header.keys()].sort().join() === HEADER_MEMBERS.join();
  const fits = exact && header.get('alg') === 'Ed25519' && header.get('typ') === 'daybook-event+sd-jwt';
  must(fits && isDigest(header.get('kid')), 'bad-header', 'the header has exactly alg, kid and typ of an event');
  return header.get('kid');
}

function readClaims(json) {
  const payload = parseJsonBytes(json);
  must(isObject(payload), 'bad-claims', 'the payload is not an object');
  for (const [name, value] of payload) {
    const fits = Object.hasOwn(CLAIMS, name) && CLAIMS[name](value);
    must(fits, 'bad-claims', 'a member of the payload is unknown or malformed');
  }
  const missing = Object.keys(CLAIMS).find((name) => name !== '_sd_alg' && !payload.has(name));
  must(missing === undefined, 'bad-claims', `the payload has no ${missing}`);
  const { data, slots } = readData(payload.get('data'));
  return { ...Object.fromEntries([...payload].filter(([name]) => name !== '_sd_alg')), data, slots };
}

/** The public fields of `data`, and the digests of its slots by name. */
function readData(members) {
  const [data, slots] = [new Map(), new Map()];
  for (const [name, value] of members) {
    must(!RESERVED.includes(name), 'bad-claims', 'a member of data has a reserved name');
    const digest = slotDigest(value);
    if (digest !== null) slots.set(name, digest);
    else data.set(name, withoutReserved(value, 'bad-claims'));
  }
  return { data, slots };
}

/** The digest in `[{"...":"<digest>"}]`; null where the value is something else. */
function slotDigest(value) {
  const [item, ...rest] = Array.isArray(value) ? value : [];
  if (!isObject(item) || rest.length > 0 || [...item.keys()].join() !== '...') return null;
  return isDigest(item.get('...')) ? item.get('...') : null;
}

/** The value, in which no object has a member whose name SD-JWT reserves. */
function withoutReserved(value, code) {
  const inner = isObject(value) ? [...value.values()] : Array.isArray(value) ? value : [];
  const reserved = isObject(value) && RESERVED.some((name) => value.has(name));
  must(!reserved, code, 'a member has a reserved name');
  inner.forEach((one) => withoutReserved(one, code));
  return value;
}

/**
 * Matches the disclosures with the slots of the type and says what they show: `fields` (public ones and those of disclosed slots) and
 * `slots`, in the order of the type, each with `disclosed` and its commitment. Values are not held against the type's schema: admission
 * did that, and what is signed shows as it is.
 */
export function showEvent(token) {
  const { claims } = token;
  const type = typeOf(claims.event, claims.v);
  must(type !== null, 'unknown-type', 'the type of the event is not in the catalogue');
  const allowed = type.publishers ?? null;
  const department = departmentOf(claims.iss);
  const mayPublish = allowed ? allowed.includes(department) : department !== 'ledger';
  must(mayPublish, 'publisher-not-allowed', 'the department may not publish this type of event');
  checkSlots(claims, type);
  const opened = openDisclosures(token);
  const fields = new Map(claims.data);
  const slots = type.slots.map((slot) => {
    const commitment = claims.slots.get(slot.name);
    const disclosed = opened.has(commitment);
    if (disclosed) openSlot(slot, opened.get(commitment), fields);
    return { ...slot, commitment, disclosed, empty: disclosed && opened.get(commitment) === null };
  });
  return { type, fields, slots };
}

/** The payload has exactly the slots of the type, no digest twice, and in the clear public fields only. */
function checkSlots(claims, type) {
  const digests = new Set();
  for (const { name } of type.slots) {
    const digest = claims.slots.get(name);
    must(digest !== undefined, 'slot-missing', `the slot ${name} is missing`);
    must(!digests.has(digest), 'disclosure-repeated', 'two slots have the same digest');
    digests.add(digest);
  }
  const known = claims.slots.size === type.slots.length;
  const isPublic = (name) => type.fields.some((field) => field.name === name && field.class === 'P');
  must(known && [...claims.data.keys()].every(isPublic), 'unknown-field', 'the event has a field that its type has not');
}

/** The values of the disclosures by their digests. */
function openDisclosures({ claims, disclosures }) {
  const [digests, opened] = [new Set(claims.slots.values()), new Map()];
  for (const disclosure of disclosures) {
    const digest = disclosureDigest(disclosure);
    must(digests.has(digest), 'disclosure-unreferenced', 'a disclosure belongs to no slot');
    must(!opened.has(digest), 'disclosure-repeated', 'a disclosure occurs twice');
    opened.set(digest, disclosure);
  }
  for (const [digest, disclosure] of opened) opened.set(digest, readDisclosure(disclosure));
  return opened;
}

/** The digest by which a payload or an entry names a disclosure. */
export function disclosureDigest(disclosure) {
  return toBase64Url(sha256(utf8(disclosure)));
}

/** The value of a disclosure: base64url of the JSON `[salt, value]`. */
export function readDisclosure(disclosure) {
  const bytes = fromBase64Url(disclosure);
  must(bytes !== null, 'bad-encoding', 'a disclosure is not base64url');
  const list = parseJsonBytes(bytes, MAX_DEPTH);
  const fits = Array.isArray(list) && list.length === 2 && typeof list[0] === 'string';
  must(fits && fromBase64UrlOf(list[0], SALT_BYTES) !== null, 'disclosure-malformed', 'a disclosure is not [salt, value]');
  return withoutReserved(list[1], 'disclosure-malformed');
}

/** Puts the fields of a disclosed slot into the flat event. A slot in which no field is present has the value null. */
function openSlot(slot, value, fields) {
  if (value === null) return;
  if (!slot.grouped) {
    fields.set(slot.name, value);
    return;
  }
  must(isObject(value) && value.size > 0, 'disclosure-malformed', 'a slot that groups fields holds something else');
  for (const [name, member] of value) {
    must(slot.fields.includes(name), 'unknown-field', 'a slot holds a field that its type has not');
    fields.set(name, member);
  }
}

/** When the ledger received an event: `received_at` of its intake disclosure; null where the disclosure is not that of the entry. */
export function receivedAt(intake, entry) {
  if (disclosureDigest(intake) !== entry.intake) return null;
  try {
    const value = readDisclosure(intake);
    const at = isObject(value) ? value.get('received_at') : null;
    return typeof at === 'string' ? at : null;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

