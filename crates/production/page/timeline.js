// The records of a production, month by month; each opens to its fields, with what is withheld as labelled boxes.

import { count, el, fill } from './dom.js';

/** Records that are listed at once; more on demand. */
const PORTION = 200;
/** Records that are written out for print as a whole; of more, the list alone. */
const MAX_PRINTED = 300;

/** How to fill a record that was not opened yet. */
const unfilled = new WeakMap();

/** Opens every record that is listed, so that print has what the screen can show. */
export function openForPrint() {
  const records = [...document.querySelectorAll('details.record')];
  if (records.length > MAX_PRINTED) return;
  for (const record of records) {
    fillRecord(record);
    record.open = true;
  }
}

function fillRecord(details) {
  unfilled.get(details)?.();
  unfilled.delete(details);
}

/** The sections about records: those handed over, those held back, those on which others rest. */
export function recordsSection(w, { view, language }) {
  const sections = [];
  if (!view.report.ok && view.natives.length > 0) sections.push(el('p', { class: 'caution unreliable' }, w.records.unreliable));
  if (view.natives.length > 0) sections.push(listSection(w, language, 'records', w.records, inTime(view.natives)));
  if (view.withheld.length > 0) sections.push(withheldSection(w, view.withheld));
  if (view.authorities.length > 0) sections.push(listSection(w, language, 'authorities', w.authorities, view.authorities));
  return sections;
}

/** By month, then by when it happened where that is shown, then by place in the log. */
function inTime(records) {
  const instant = ({ occurred }) => (occurred ? Date.parse(occurred) || 0 : 0);
  return [...records].sort((a, b) => a.period.localeCompare(b.period) || instant(a) - instant(b) || a.index - b.index);
}

function listSection(w, language, id, said, records) {
  const list = el('div', { class: 'list' });
  const more = el('button', { type: 'button', class: 'noprint' });
  let shown = 0;
  let period = null;
  const addPortion = () => {
    for (const record of records.slice(shown, shown + PORTION)) {
      if (id === 'records' && record.period !== period) list.append(el('h3', { class: 'month' }, monthName(record.period, language)));
      period = record.period;
      list.append(recordDetails(w, language, record));
    }
    shown = Math.min(shown + PORTION, records.length);
    more.textContent = fill(w.records.more, { rest: count(records.length - shown, language) });
    more.hidden = shown === records.length;
  };
  more.addEventListener('click', addPortion);
  addPortion();
  const title = fill(said.title, { count: count(records.length, language) });
  return el('section', { class: id, 'aria-labelledby': `${id}-title` }, el('h2', { id: `${id}-title` }, title), el('p', { class: 'quiet' }, said.help), list, more);
}

function monthName(period, language) {
  const [year, month] = period.split('-').map(Number);
  const date = new Date(Date.UTC(year, month - 1, 1));
  return new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(date);
}

/** A record that is filled when it is opened: most never are. */
function recordDetails(w, language, record) {
  const hidden = record.groups.filter(({ state }) => ['withheld', 'sealed', 'erased'].includes(state));
  const time = record.occurred ? shortTime(record.occurred) : null;
  const details = el(
    'details',
    { class: 'record', 'data-index': record.index },
    el(
      'summary',
      {},
      el('span', { class: 'when' }, time ?? w.records.noTime),
      el('span', { class: 'what', lang: 'en' }, record.title),
      el('span', { class: 'tags' }, hidden.length > 0 ? el('span', { class: 'tag' }, redactionsText(w, hidden.length, language)) : null),
      el('span', { class: 'number' }, record.bates ?? fill(w.checkList.entry, { index: record.index })),
      el('span', { class: 'who' }, record.iss),
    ),
  );
  unfilled.set(details, () => details.append(recordBody(w, language, record)));
  details.addEventListener('toggle', () => details.open && fillRecord(details));
  return details;
}

function redactionsText(w, number, language) {
  return fill(number === 1 ? w.records.oneRedaction : w.records.redactions, { count: count(number, language) });
}

/** As it is written in the record, without seconds and with blanks. */
function shortTime(time) {
  return time.replace('T', ' ').replace(/(\d\d:\d\d):\d\d/, '$1').replace(/([+-]\d\d:\d\d)$/, ' $1');
}

function recordBody(w, language, record) {
  const facts = [
    [w.record.entry, count(record.index, language)],
    [w.record.signedBy, fill(w.record.signedText, { issuer: record.iss, seq: count(record.seq, language) })],
    [w.record.received, record.received ?? w.record.notShown],
    [w.record.type, `${record.event} v${record.v}`],
    [w.record.identifier, record.jti],
    [w.record.leaf, record.leaf],
    [w.record.kid, record.kid],
    [w.record.file, record.file],
  ];
  return el(
    'div',
    { class: 'body' },
    record.groups.map((group) => groupView(w, record, group)),
    el('details', { class: 'technical' }, el('summary', {}, w.record.technical), el('dl', {}, facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, el('code', {}, value))]))),
  );
}

function groupView(w, record, group) {
  if (group.state === 'absent') return absentView(w, group);
  if (group.state !== 'shown') return redactionBox(w, group);
  const present = group.fields.filter(({ value }) => value !== undefined);
  if (present.length === 0) return null;
  const rows = present.flatMap(({ title, value }) => [el('dt', { lang: 'en' }, title), el('dd', {}, valueView(w, value))]);
  return el('dl', { class: `group ${group.class}` }, rows);
}

function absentView(w, { fields }) {
  const titles = fields.map(({ title }) => title).join(', ');
  return el('p', { class: 'absent' }, el('span', { lang: 'en' }, titles), ` — ${w.record.absent}`);
}

/** What is not shown, at the place where it would stand: which fields, why, on what authority. */
function redactionBox(w, { fields, state, label, reason, authority, orderedBy, commitment }) {
  const titles = fields.map(({ title }) => title).join(', ');
  const order = orderedBy ? fill(w.checkList.entry, { index: orderedBy }) : '';
  const rows = [
    [w.redaction.fields, titles],
    [w.redaction.reason, reason],
    [w.redaction.authority, authority],
    [w.redaction.orderedBy, order],
  ].filter(([, value]) => value !== '');
  return el(
    'div',
    { class: `redaction ${state}`, role: 'group', 'aria-label': w.redaction[state] },
    el('p', { class: 'bar' }, el('strong', {}, w.redaction[state]), label ? el('span', { lang: 'en' }, ` ${label}`) : null),
    el('dl', { class: 'group' }, rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', { lang: value === titles ? 'en' : null }, value)])),
    el('p', { class: 'quiet' }, `${w.redaction.commitment} `, el('code', {}, commitment)),
  );
}

function valueView(w, value) {
  if (value === true) return w.record.yes;
  if (value === false) return w.record.no;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(', ');
  if (Array.isArray(value)) return el('ul', { class: 'values' }, value.map((item) => el('li', {}, valueView(w, item))));
  if (value !== null && typeof value === 'object') return Object.entries(value).map(([name, item]) => `${name}: ${item}`).join(', ');
  return String(value);
}

function withheldSection(w, rows) {
  const heads = [w.withheld.entry, w.withheld.state, w.withheld.reason, w.withheld.authority, w.withheld.order];
  const row = ({ index, state, reason, authority, orderedBy }) =>
    el('tr', {}, [index, w.withheld.states[state], reason, authority, orderedBy ?? ''].map((value, at) => el(at === 0 ? 'th' : 'td', at === 0 ? { scope: 'row' } : { 'data-head': heads[at] }, String(value))));
  return el(
    'section',
    { class: 'withheld', 'aria-labelledby': 'withheld-title' },
    el('h2', { id: 'withheld-title' }, fill(w.withheld.title, { count: rows.length })),
    el('p', { class: 'quiet' }, w.withheld.help),
    el('table', {}, el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))), el('tbody', {}, rows.map(row))),
  );
}
