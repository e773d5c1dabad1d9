// Who may sign what (formats.md, "Key authority"): a fold over the events about keys. And what an event of sealing covers ("Sealing and
// erasing").

import { fromBase64UrlOf, toBase64Url, utf8 } from './bytes.js';
import { readPublicKey, verifyStrict } from './ed25519.js';
import { must } from './fault.js';
import { isCount } from './json.js';
import { GOVERNANCE, isDigest, isIssuer, isLedger } from './names.js';
import { sha256 } from './sha2.js';

const MAX_SPANS = 1024;
const MAX_SLOTS = 32;
const MAX_COVERED_ENTRIES = 4096;
const KEY_EVENTS = ['key.registered', 'key.rotated', 'key.revoked'];

/** Whether an event says something about keys. */
export const isKeyEvent = (name) => name === 'ledger.opened' || KEY_EVENTS.includes(name);

/** The RFC 7638 thumbprint of the key in `x`. */
export function thumbprint(x) {
  return toBase64Url(sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
}

/** The keys of all producers, as of some entry. Entries are applied in order. */
export class Registry {
  constructor() {
    this.opened = null;
    /** issuer → kid → { key, fromSeq, untilSeq, revokedAt }. */
    this.producers = new Map();
  }

  /** The key, if it may sign event `seq` of the issuer now, or a fault `key` that says why not. */
  standing(iss, kid, seq) {
    const keys = this.producers.get(iss);
    must(keys !== undefined, 'key', `no key was ever registered for ${iss}`);
    const record = keys.get(kid);
    must(record !== undefined, 'key', `the key was not registered for ${iss} at that entry`);
    must(record.revokedAt === null, 'key', `the key was revoked by entry ${record.revokedAt}`);
    const signs = seq >= record.fromSeq && (record.untilSeq === null || seq < record.untilSeq);
    must(signs, 'key', `after a rotation the key does not sign number ${seq}`);
    return record.key;
  }

  /** Every key that was ever put in force, by its kid. */
  everyKey() {
    return new Map([...this.producers.values()].flatMap((keys) => [...keys].map(([kid, { key }]) => [kid, key])));
  }

  /** Takes in entry `index`, whose signature fits its key. Fault `key` where the record does not allow it; then nothing changes. */
  apply(index, token) {
    const { event } = token.claims;
    const isOpening = event === 'ledger.opened';
    const inPlace = isOpening === (index === 0) && (index === 0) === (this.opened === null);
    must(inPlace, 'key', 'ledger.opened is entry 0, and nothing else is');
    if (isOpening) this.open(token);
    else if (KEY_EVENTS.includes(event)) this.change(index, token);
  }

  /** The opening is signed by the governance key that it names. */
  open(token) {
    const { claims, kid, signature, signingInput } = token;
    const named = this.newKey(claims.data);
    const contradiction =
      claims.iss !== GOVERNANCE ||
      claims.data.get('origin') !== claims.aud ||
      named.kid !== kid ||
      !verifyStrict(named.key, utf8(signingInput), signature);
    must(!contradiction, 'key', 'the opening of the ledger contradicts itself');
    this.opened = { origin: claims.aud, logVkey: claims.data.get('log_vkey') };
    this.put(GOVERNANCE, named, 0);
  }

  change(index, { claims, kid }) {
    must(claims.iss === GOVERNANCE, 'key', 'an event about keys is not by the governance of the ledger');
    this.standing(claims.iss, kid, claims.seq);
    const producer = claims.data.get('producer');
    must(isIssuer(producer), 'key', 'an event about keys names no producer');
    if (claims.event === 'key.revoked') {
      this.inForce(producer, claims.data.get('kid')).revokedAt = index;
      return;
    }
    const named = this.newKey(claims.data);
    if (claims.event === 'key.rotated') this.rotate(producer, claims.data, named);
    else this.put(producer, named, 0);
  }

  rotate(producer, data, named) {
    const fromSeq = data.get('from_seq');
    must(isCount(fromSeq), 'key', 'a rotation has no from_seq');
    const old = this.inForce(producer, data.get('old_kid'));
    must(old.untilSeq === null && fromSeq >= old.fromSeq, 'key', 'the key to be replaced is not in force');
    old.untilSeq = fromSeq;
    this.put(producer, named, fromSeq);
  }

  inForce(producer, kid) {
    const record = this.producers.get(producer)?.get(kid);
    must(record && record.revokedAt === null, 'key', 'the key to be replaced or revoked is not in force');
    return record;
  }

  /** The key in `kid` and `x`, which nobody may have had before: a key serves one producer, once. */
  newKey(data) {
    const [kid, x] = [data.get('kid'), data.get('x')];
    const bytes = typeof x === 'string' ? fromBase64UrlOf(x, 32) : null;
    const key = bytes && readPublicKey(bytes);
    must(key && isDigest(kid), 'key', 'kid or x is missing or malformed');
    must(thumbprint(x) === kid, 'key', 'kid is not the thumbprint of x');
    const known = [...this.producers.values()].some((keys) => keys.has(kid));
    must(!known, 'key', 'the key is on record already');
    return { kid, key };
  }

  put(producer, { kid, key }, fromSeq) {
    if (!this.producers.has(producer)) this.producers.set(producer, new Map());
    this.producers.get(producer).set(kid, { key, fromSeq, untilSeq: null, revokedAt: null });
  }
}

/**
 * What a `record.sealed` event, entry `index`, covers: { kind, part, slots, authority, spans }, all slots where it names none; null where it covers no entries of this log. Events of
 * issuers other than `ledger/…` cover nothing. Fault `sealing` where what it names cannot be relied on; it covers nothing then.
 */
export function readSealing(index, claims) {
  const listed = claims.data.get('at_entries');
  if (claims.event !== 'record.sealed' || !isLedger(claims.iss) || listed === undefined) return null;
  const inBounds = Array.isArray(listed) && listed.length > 0 && listed.length <= MAX_SPANS;
  must(inBounds, 'sealing', 'at_entries is not a list of 1 to 1,024 items');
  const [kind, part, authority] = ['kind', 'part', 'authority'].map((name) => claims.data.get(name));
  must(['sealed', 'erased', 'unsealed'].includes(kind), 'sealing', 'its kind is none');
  must(['withheld', 'restricted', 'all'].includes(part), 'sealing', 'its part is none');
  const slots = parseSlots(claims.data.get('slots'));
  must(typeof authority === 'string', 'sealing', 'it has no authority');
  const spans = listed.map(parseSpan);
  spans.forEach((span, at) => {
    must(at === 0 || span.first > spans[at - 1].last, 'sealing', 'its at_entries are not in order');
    must(span.last < index, 'sealing', 'it names an entry that is not before its own');
  });
  const covered = spans.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  must(covered <= MAX_COVERED_ENTRIES, 'sealing', 'it covers too many entries');
  return { kind, part, slots, authority, spans };
}

/** 1 to 32 names of slots, none twice; none at all where the field is left out. */
function parseSlots(listed) {
  if (listed === undefined) return [];
  const names = Array.isArray(listed) && listed.length > 0 && listed.length <= MAX_SLOTS && new Set(listed).size === listed.length;
  must(names && listed.every((name) => typeof name === 'string' && /^[a-z][a-z0-9_]{0,47}$/.test(name)), 'sealing', 'its slots are not names');
  return listed;
}

/** `12` or `12-15`: decimal, without leading zeros, the first below the last. */
function parseSpan(text) {
  const found = typeof text === 'string' && /^(0|[1-9][0-9]{0,11})(?:-(0|[1-9][0-9]{0,11}))?$/.exec(text);
  must(found, 'sealing', 'an item of its at_entries is neither a number nor a range');
  const span = { first: Number(found[1]), last: Number(found[2] ?? found[1]) };
  must(found[2] === undefined || span.first < span.last, 'sealing', 'a range in its at_entries does not rise');
  return span;
}

/** Whether a sealing covers a slot of this class (`R` or `W`) of an entry. */
export function covers(sealing, entry, slotClass) {
  const part = { R: 'restricted', W: 'withheld' }[slotClass];
  const named = sealing.spans.some(({ first, last }) => first <= entry && entry <= last);
  return named && (sealing.part === 'all' || sealing.part === part);
}
