// A record of a production (production.md, "Record"): one entry of the log with what may be shown of it and its proof.

import { textOf } from './bytes.js';
import { must } from './fault.js';
import { isCount, isObject, parseTemplate } from './json.js';
import { parseHash } from './note.js';
import { parseEntry, parseProof } from './proof.js';

const MAX_RECORD_BYTES = 4 << 20;
const MAX_CONSISTENCY_HASHES = 65;
const MEMBERS = ['v', 'format', 'index', 'entry', 'event', 'intake', 'proof', 'consistency'];

/**
 * Reads a record file: { index, entry, entryText, event, jwt, intake, proof, consistency }. The event is not read yet, only cut at its first
 * tilde. Fault: `record`.
 */
export function parseRecord(bytes) {
  const text = bytes.length <= MAX_RECORD_BYTES ? textOf(bytes) : null;
  must(text !== null, 'record', 'it is too large or not UTF-8');
  const names = MEMBERS.filter((name) => !['intake', 'consistency'].includes(name) || text.includes(`,"${name}":`));
  const value = parseTemplate(text, names, '\n');
  must(value !== null, 'record', 'it does not have the exact form of a record');
  const texts = ['entry', 'event', 'proof', ...(value.has('intake') ? ['intake'] : [])];
  const fits = value.get('v') === 1 && value.get('format') === 'daybook-record' && isCount(value.get('index'));
  must(fits && texts.every((name) => typeof value.get(name) === 'string'), 'record', 'a member of the record is malformed');
  return assemble(value);
}

function assemble(value) {
  const entryText = value.get('entry');
  const entry = parseEntry(entryText);
  const event = value.get('event');
  const [jwt] = event.split('~', 1);
  must(jwt === entry.event, 'record', "its event is not the entry's");
  const proof = parseProof(value.get('proof'));
  must(proof.extra === null, 'record', 'its proof has extra data');
  must(proof.index === value.get('index'), 'record', 'its index is not that of its proof');
  const consistency = value.has('consistency') ? readConsistency(value.get('consistency')) : null;
  return { index: proof.index, entry, entryText, event, jwt, intake: value.get('intake') ?? null, proof, consistency };
}

/** Reads consistency.json: { from, to, path }. Fault: `consistency`. */
export function parseConsistency(bytes) {
  const text = textOf(bytes);
  const value = text === null ? null : parseTemplate(text, ['from', 'to', 'path'], '\n');
  must(value !== null, 'consistency', 'it does not have the exact form of a consistency proof');
  return readConsistency(value);
}

function readConsistency(value) {
  const exact = isObject(value) && [...value.keys()].join() === 'from,to,path';
  const [from, to, texts] = exact ? ['from', 'to', 'path'].map((name) => value.get(name)) : [];
  const listed = Array.isArray(texts) && texts.length <= MAX_CONSISTENCY_HASHES;
  must(isCount(from) && isCount(to) && listed, 'consistency', 'a member of the consistency proof is malformed');
  const path = texts.map((text) => (typeof text === 'string' ? parseHash(text) : null));
  must(!path.includes(null), 'consistency', 'the consistency proof holds something that is not a hash');
  return { from, to, path };
}
