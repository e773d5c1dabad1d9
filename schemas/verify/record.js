// A record of a production (production.md, "Record"): one entry of the log with what may be shown of it and its proof.

import { textOf } from './bytes.js';
import { must } from './fault.js';
import { isCount, isObject, parseTemplate } from './json.js';
import { parseHash } from './note.js';

const MAX_RECORD_BYTES = 4 << 20;
const MAX_CONSISTENCY_HASHES = 65;
const MEMBERS = ['v', 'format', 'index', 'entry', 'event', 'intake', 'proof', 'consistency'];
const OPTIONAL = ['intake', 'consistency'];

/** Reads a record file: { index, entry, event, intake, proof, consistency }, texts that are not read yet. Fault: `record`. */
export function parseRecord(bytes) {
  const text = bytes.length <= MAX_RECORD_BYTES ? textOf(bytes) : null;
  must(text !== null, 'record', 'it is too large or not UTF-8');
  // What is between quotes in a text is escaped, so a member's name is found as a name only.
  const names = MEMBERS.filter((name) => !OPTIONAL.includes(name) || text.includes(`,"${name}":`));
  const value = parseTemplate(text, names, '\n');
  must(value !== null, 'record', 'it does not have the exact form of a record');
  const texts = ['entry', 'event', 'proof', ...(value.has('intake') ? ['intake'] : [])];
  const fits = value.get('v') === 1 && value.get('format') === 'daybook-record' && isCount(value.get('index'));
  must(fits && texts.every((name) => typeof value.get(name) === 'string'), 'record', 'a member of the record is malformed');
  const consistency = value.has('consistency') ? readConsistency(value.get('consistency'), 'record') : null;
  const [index, entry, event, proof] = ['index', 'entry', 'event', 'proof'].map((name) => value.get(name));
  return { index, entry, event, intake: value.get('intake') ?? null, proof, consistency };
}

/** Reads consistency.json: { from, to, path }. Fault: `consistency`. */
export function parseConsistency(bytes) {
  const text = textOf(bytes);
  const value = text === null ? null : parseTemplate(text, ['from', 'to', 'path'], '\n');
  must(value !== null, 'consistency', 'it does not have the exact form of a consistency proof');
  return readConsistency(value, 'consistency');
}

function readConsistency(value, code) {
  const exact = isObject(value) && [...value.keys()].join() === 'from,to,path';
  const [from, to, texts] = exact ? ['from', 'to', 'path'].map((name) => value.get(name)) : [];
  const listed = Array.isArray(texts) && texts.length <= MAX_CONSISTENCY_HASHES;
  must(isCount(from) && isCount(to) && listed, code, 'a member of the consistency proof is malformed');
  const path = texts.map((text) => (typeof text === 'string' ? parseHash(text) : null));
  must(!path.includes(null), code, 'the consistency proof holds something that is not a hash');
  return { from, to, path };
}
