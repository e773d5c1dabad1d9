// Nothing left out, nothing added: the list of leaves, the records and the list of what is held back say the same.

import { decimal, fromHexOf, sameBytes } from './bytes.js';
import { must } from './fault.js';
import { placeOf } from './records.js';
import { readCsv } from './tables.js';
import { HASH_BYTES } from './tree.js';

/** The list of what is held back as a whole. */
export const WITHHELD_LOG = 'data/LOGS/withheld.csv';
const LEAVES = 'data/PROOFS/leaves.csv';
const HEADER = ['LOGINDEX', 'LEAFHASH', 'STATE', 'REASON', 'AUTHORITY', 'ORDEREDBY'];
const STATES = ['privileged', 'sealed', 'excluded'];

/** Checks `complete`. Gives the rows of withheld.csv. */
export async function checkComplete(records, findings, rows, files) {
  if (rows === null) {
    findings.notDone('complete');
    return [];
  }
  const named = new Map(rows.filter(({ state }) => !['not_responsive', 'later'].includes(state)).map((row) => [row.first, row]));
  const size = rows.length === 0 ? 0 : rows.at(-1).first + rows.at(-1).count;
  const readable = records.filter(({ shown }) => shown);
  const natives = readable.filter(({ role }) => role === 'native');
  const others = readable.filter(({ role }) => role !== 'native');
  natives.forEach((record) => checkRow(record, named, size, ['produced'], findings));
  others.forEach((record) => checkRow(record, named, size, ['authority', 'produced'], findings));
  checkNamed(named, natives, others, findings);
  return checkWithheld(files, named, findings);
}

/** What leaves.csv says of a record's leaf. Records beyond the checkpoint have no row; only the bag record can have a proof there. */
function checkRow(record, named, size, allowed, findings) {
  if (record.index >= size) return;
  const row = named.get(record.index);
  const fits = row && allowed.includes(row.state);
  if (!findings.expect(fits, 'complete', "leaves.csv gives this record's leaf another state", placeOf(record))) return;
  findings.expect(sameBytes(row.hash, record.leaf), 'complete', "the leaf hash in leaves.csv is not this record's", placeOf(record));
}

/** Each leaf called produced has one native, each called authority has its record. */
function checkNamed(named, natives, others, findings) {
  const produced = new Set();
  for (const native of natives) {
    findings.expect(!produced.has(native.index), 'complete', 'another native has the same record', placeOf(native));
    produced.add(native.index);
  }
  const held = new Set(others.map(({ index }) => index));
  for (const { first, state } of named.values()) {
    const there = state === 'withheld' || (state === 'produced' ? produced : held).has(first);
    findings.expect(there, 'complete', `this leaf is called ${state}, and its record is not there`, { file: LEAVES, index: first });
  }
}

async function checkWithheld(files, named, findings) {
  const where = { file: WITHHELD_LOG };
  const listed = await findings.attempt('complete', where, () => {
    const bytes = files.read(WITHHELD_LOG);
    must(bytes !== null, 'complete', 'it is missing');
    return readCsv(bytes, HEADER, 'complete').map(parseWithheld);
  });
  const seen = new Set();
  for (const { index, leaf } of listed ?? []) {
    const row = named.get(index);
    const at = { ...where, index };
    findings.expect(!seen.has(index), 'complete', 'this leaf has two rows', at);
    const isWithheld = findings.expect(row?.state === 'withheld', 'complete', 'leaves.csv does not call this leaf withheld', at);
    if (isWithheld) findings.expect(sameBytes(row.hash, leaf), 'complete', 'the leaf hash is not the one in leaves.csv', at);
    seen.add(index);
  }
  for (const { first, state } of named.values()) {
    const there = state !== 'withheld' || seen.has(first);
    findings.expect(there, 'complete', 'this leaf is called withheld, and withheld.csv has no row for it', { file: LEAVES, index: first });
  }
  return listed ?? [];
}

function parseWithheld([indexText, leafText, state, reason, authority, orderedText]) {
  const [index, leaf] = [decimal(indexText), fromHexOf(leafText, HASH_BYTES)];
  const orderedBy = orderedText === '' ? null : decimal(orderedText);
  const fits = index !== null && leaf !== null && STATES.includes(state) && (orderedText === '' || orderedBy !== null);
  must(fits, 'complete', 'a row is malformed');
  return { index, leaf, state, reason, authority, orderedBy };
}
