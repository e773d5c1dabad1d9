// Whom a verifier trusts (C2SP tlog-policy): one log, witnesses, groups of them, and the quorum. One log only, though C2SP allows several
// of which any suffices: a verdict on "the ledger" must not depend on which of several logs the bytes at hand chose to be.

import { byteLength, decimal, sameBytes, textOf } from './bytes.js';
import { Fault, faultOf, must } from './fault.js';
import { LOG_KEY, WITNESS_KEY, parseCheckpoint, parseNote, parseVkey, verifyNote } from './note.js';

const MAX_POLICY_BYTES = 65_536;

/** Reads a policy. Fault: `policy`. */
export function parsePolicy(text) {
  must(byteLength(text) <= MAX_POLICY_BYTES, 'policy', 'the policy is too large');
  const reader = new PolicyReader();
  text.split('\n').forEach((line, at) => {
    const fault = faultOf(() => reader.line(line));
    if (fault) throw new Fault('policy', `line ${at + 1}: ${fault.message}`);
  });
  must(reader.log !== null, 'policy', 'there is no log line');
  must(reader.quorum !== undefined, 'policy', 'there is no quorum line');
  const { log, witnesses, parts, quorum } = reader;
  return { log, origin: log.name, keys: [log, ...witnesses], parts, quorum };
}

/** A policy that trusts this key of a log alone. */
export function policyOfKey(vkeyText) {
  return parsePolicy(`log ${vkeyText}\nquorum none\n`);
}

/** Opens a signed checkpoint, given as bytes: signed by the log, the quorum met. Faults: `note`, `checkpoint`. */
export async function openCheckpoint(policy, bytes) {
  const text = textOf(bytes);
  must(text !== null, 'note', 'the note is not UTF-8');
  const note = parseNote(text);
  const signed = await verifyNote(note, policy.keys);
  must(signed.has(policy.log), 'note', "the log's own signature is missing");
  const checkpoint = parseCheckpoint(note.text);
  must(checkpoint.origin === policy.origin, 'checkpoint', 'the checkpoint is of another log');
  const seen = partsThatSaw(policy, signed);
  must(policy.quorum === null || seen[policy.quorum], 'note', 'too few witnesses cosigned');
  return { ...checkpoint, text };
}

/** For each part of the policy, whether it has seen what was signed by these keys. */
function partsThatSaw(policy, signed) {
  const seen = [];
  for (const part of policy.parts) {
    const enough = part.members
      ? part.members.filter((member) => seen[member]).length >= part.needed
      : signed.has(part.witness);
    seen.push(enough);
  }
  return seen;
}

class PolicyReader {
  constructor() {
    this.log = null;
    this.witnesses = [];
    this.parts = [];
    this.names = new Map();
    this.grouped = new Set();
    /** A position in `parts`, null for `none`; undefined until a line says it. */
    this.quorum = undefined;
  }

  line(line) {
    must(!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line), 'policy', 'control characters are not allowed');
    const items = line.split(/[ \t]+/).filter((item) => item !== '');
    if (items.length === 0 || items[0].startsWith('#')) return;
    const [word, ...rest] = items;
    const reads = { log: [1, 2], witness: [2, 3], group: [3, Infinity], quorum: [1, 1] };
    const [least, most] = Object.hasOwn(reads, word) ? reads[word] : [Infinity, 0];
    must(rest.length >= least && rest.length <= most, 'policy', 'it is not a line of a policy');
    this[`${word}Line`](...rest);
  }

  logLine(vkey) {
    must(this.log === null, 'policy', 'there is more than one log');
    this.log = keyOfType(vkey, LOG_KEY);
  }

  witnessLine(name, vkey) {
    const witness = keyOfType(vkey, WITNESS_KEY);
    const known = this.witnesses.some((other) => sameBytes(other.key.bytes, witness.key.bytes));
    must(!known, 'policy', 'the key is already that of another witness');
    this.witnesses.push(witness);
    this.define(name, { witness });
  }

  groupLine(name, neededText, ...memberNames) {
    const members = memberNames.map((member) => {
      const position = this.lookup(member);
      // A witness counts in one way only.
      must(!this.grouped.has(position), 'policy', 'a member is in a group already');
      this.grouped.add(position);
      return position;
    });
    const words = { any: 1, all: members.length };
    const needed = Object.hasOwn(words, neededText) ? words[neededText] : decimal(neededText);
    must(needed >= 1 && needed <= members.length, 'policy', 'it is not any, all or a number of members');
    this.define(name, { needed, members });
  }

  quorumLine(name) {
    must(this.quorum === undefined, 'policy', 'there is more than one quorum line');
    this.quorum = name === 'none' ? null : this.lookup(name);
  }

  define(name, part) {
    must(name !== 'none' && !this.names.has(name), 'policy', 'the name is taken');
    this.names.set(name, this.parts.length);
    this.parts.push(part);
  }

  lookup(name) {
    must(this.names.has(name), 'policy', 'a name is not defined on a line above');
    return this.names.get(name);
  }
}

function keyOfType(text, type) {
  const vkey = parseVkey(text);
  must(vkey.type === type, 'policy', 'the key is of another type than is needed there');
  return vkey;
}
