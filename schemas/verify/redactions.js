// Every redaction is listed, with the commitment that the signed event holds; what is sealed or erased was ordered.

import { decimal } from './bytes.js';
import { WITHHELD_LOG } from './complete.js';
import { faultOf, must } from './fault.js';
import { placeOf } from './records.js';
import { covers, readSealing } from './registry.js';
import { ledgerFields } from './statement.js';
import { readCsv } from './tables.js';

const LOG = 'data/LOGS/redaction-log.csv';
const HEADER = 'BATES,LOGINDEX,SLOT,FIELDS,CLASS,STATE,REASON,AUTHORITY,LABEL,COMMITMENT,ORDEREDBY'.split(',');

/** Checks `redactions`. Gives the rows of redaction-log.csv by `<Bates> <slot>`. */
export async function checkRedactions(records, findings, withheld, files) {
  const orders = ordersOf(records);
  const rows = await findings.attempt('redactions', { file: LOG }, () => {
    const bytes = files.read(LOG);
    must(bytes !== null, 'redactions', 'it is missing');
    return readCsv(bytes, HEADER, 'redactions').map(toRow);
  });
  const natives = records.filter(({ role, shown }) => role === 'native' && shown);
  const byIndex = new Map(natives.map((native) => [native.index, native]));
  const listed = new Map();
  for (const row of rows ?? []) {
    const place = `${row.bates} ${row.slot}`;
    const fault = faultOf(() => checkRow(row, byIndex.get(row.index), orders));
    findings.expect(fault === null, 'redactions', fault?.message, { file: LOG, index: row.index ?? undefined });
    findings.expect(!listed.has(place), 'redactions', 'this slot has another row', { file: LOG, index: row.index ?? undefined });
    listed.set(place, row);
  }
  for (const native of natives) checkListed(native, listed, findings);
  for (const { index, state, orderedBy } of withheld) {
    const ordered = state !== 'sealed' || coversRecord(orders.get(orderedBy), index);
    const what = 'this record is called sealed, and no record.sealed of the ledger that it names covers it';
    findings.expect(ordered, 'redactions', what, { file: WITHHELD_LOG, index });
  }
  return listed;
}

function toRow([bates, index, slot, fields, slotClass, state, reason, authority, label, commitment, orderedBy]) {
  return { bates, index: decimal(index), slot, fields, class: slotClass, state, reason, authority, label, commitment, orderedBy };
}

function checkRow(row, native, orders) {
  must(native !== undefined, 'redactions', 'no native is of this index');
  must(native.named === row.bates, 'redactions', "BATES is not the native's");
  const slot = native.shown.slots.find(({ name, disclosed }) => name === row.slot && !disclosed);
  must(slot, 'redactions', 'the native discloses this slot, or has none of this name');
  must(row.commitment === slot.commitment, 'redactions', 'COMMITMENT is not the digest in the signed event');
  must(row.class === slot.class, 'redactions', 'CLASS is not that of the slot');
  must(['withheld', 'sealed', 'erased'].includes(row.state), 'redactions', 'STATE is none of withheld, sealed and erased');
  if (row.state === 'withheld') {
    must(row.orderedBy === '', 'redactions', 'ORDEREDBY names an order, and the slot is called withheld');
    return;
  }
  const order = orders.get(decimal(row.orderedBy));
  must(order, 'redactions', 'ORDEREDBY names no record.sealed of the ledger among the authorities');
  must(order.kind === row.state, 'redactions', 'the order is of another kind');
  must(covers(order, row.index, slot.class), 'redactions', 'the order does not cover this entry or this part of it');
  must(namesSlot(order, row.slot), 'redactions', 'the order does not cover this slot');
}

function checkListed(native, listed, findings) {
  const missing = native.shown.slots.filter(({ name, disclosed }) => !disclosed && !listed.has(`${native.named} ${name}`));
  const names = missing.map(({ name }) => name).join(', ');
  findings.expect(missing.length === 0, 'redactions', `not disclosed, and without a row in the redaction log: ${names}`, placeOf(native));
}

/** An order takes single slots of its part, and all where it names none. */
function namesSlot(order, slot) {
  return order.slots.length === 0 || order.slots.includes(slot);
}

function coversRecord(order, index) {
  return order !== undefined && order.kind === 'sealed' && order.spans.some(({ first, last }) => first <= index && index <= last);
}

/** The sealings of ledger/access among the authorities, by their index. What cannot be relied on covers nothing (formats.md). */
function ordersOf(records) {
  const orders = new Map();
  for (const record of records) {
    const fields = record.role === 'authority' ? ledgerFields(record, 'record.sealed') : null;
    if (fields === null) continue;
    faultOf(() => {
      const sealing = readSealing(record.index, record.token.claims);
      if (sealing) orders.set(record.index, sealing);
    });
  }
  return orders;
}
