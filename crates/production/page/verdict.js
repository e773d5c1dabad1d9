// The verdict, what it rests on, and each check with its explanation.

import { count, el, fill } from './dom.js';

const MARKS = { held: '✓', failed: '✗', open: '?', 'not-done': '–' };

/** The verdict and everything that was checked. */
export function verdictSection(w, { view, language }) {
  const { report } = view;
  const kind = !report.ok ? 'fails' : report.checks.some(({ outcome }) => outcome === 'open') ? 'open' : 'holds';
  const numbers = { origin: report.origin ?? '', production: report.production ?? '' };
  const text = kind === 'fails' ? fill(w.verdict.failsText, { check: w.checks[report.code].fails, code: report.code }) : fill(w.verdict[`${kind}Text`], numbers);
  return el(
    'section',
    { class: `verdict ${kind}`, 'aria-labelledby': 'verdict-title' },
    el('h2', { id: 'verdict-title', tabindex: '-1', 'data-verdict': kind, 'data-code': report.code ?? '' }, el('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[{ fails: 'failed', open: 'open', holds: 'held' }[kind]]), w.verdict[kind]),
    el('p', { class: 'lead' }, text),
    kind === 'fails' ? null : facts(w, view, language),
    keyPanel(w, report),
    el('div', { class: 'buttons noprint' }, el('button', { type: 'button', onclick: () => print() }, w.verdict.print)),
    checkList(w, report, language),
    limits(w),
  );
}

/** The figures of the production in sentences. */
function facts(w, { report, said }, language) {
  const { counts } = report;
  const number = (value) => count(value ?? 0, language);
  const rows = [
    [w.facts.production, report.production],
    [w.facts.ledger, report.origin],
    [w.facts.size, fill(w.facts.sizeText, { size: number(report.size), searched: number(report.searched_size) })],
    [w.facts.found, fill(w.facts.foundText, { found: number(said?.found), produced: number(counts.produced), withheld: number(counts.withheld) })],
    [w.facts.query, said?.query ? el('code', {}, said.query) : null],
    [w.facts.redacted, fill(w.facts.redactedText, { withheld: number(counts.slots_withheld), sealed: number(counts.slots_sealed), erased: number(counts.slots_erased) })],
    [w.facts.signatures, fill(w.facts.signaturesText, { signatures: number(counts.signatures), files: number(counts.files) })],
  ];
  return el('dl', { class: 'facts' }, rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value ?? '–')]));
}

/** The key of the log as this package names it, to be compared with one from elsewhere. */
function keyPanel(w, report) {
  if (!report.log_key) return null;
  const { outcome } = report.checks.find(({ code }) => code === 'trusted-key');
  return el(
    'section',
    { class: `key ${outcome}`, 'aria-labelledby': 'key-title' },
    el('h3', { id: 'key-title' }, w.key.title),
    el('p', {}, w.key[outcome] ?? w.key.open),
    el('dl', {}, el('dt', {}, w.key.fingerprint), el('dd', {}, el('code', { class: 'fingerprint' }, report.fingerprint.match(/.{8}/g).join(' '))), el('dt', {}, w.key.vkey), el('dd', {}, el('code', {}, report.log_key))),
  );
}

function checkList(w, report, language) {
  return el(
    'section',
    { class: 'checks', 'aria-labelledby': 'checks-title' },
    el('h3', { id: 'checks-title' }, w.checkList.title),
    el('p', { class: 'quiet' }, w.checkList.help),
    el('ol', {}, report.checks.map((check) => el('li', {}, oneCheck(w, check, language)))),
  );
}

function oneCheck(w, { code, outcome, faults, unlisted }, language) {
  const said = w.checks[code];
  const title = outcome === 'failed' ? said.fails : said.title;
  return el(
    'details',
    { class: `check ${outcome}`, open: outcome === 'failed', 'data-code': code, 'data-outcome': outcome },
    el('summary', {}, el('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[outcome]), el('span', { class: 'what' }, title), el('span', { class: 'outcome' }, w.outcomes[outcome])),
    faults.length > 0 ? faultList(w, faults, unlisted, language) : null,
    el('dl', {}, el('dt', {}, w.checkList.proves), el('dd', {}, said.proves), el('dt', {}, w.checkList.limits), el('dd', {}, said.limits), el('dt', {}, w.checkList.hand), el('dd', {}, said.hand), el('dt', {}, w.checkList.code), el('dd', {}, el('code', {}, code))),
  );
}

/** Files, entries and sentences of the verifier, which speaks English. */
function faultList(w, faults, unlisted, language) {
  const place = ({ file, index }) => [file, index === undefined ? null : fill(w.checkList.entry, { index })].filter(Boolean).join(', ');
  const items = faults.map((fault) => el('li', {}, place(fault) ? el('code', {}, place(fault)) : null, place(fault) ? ': ' : null, el('span', { lang: 'en' }, fault.what)));
  const more = unlisted > 0 ? el('p', {}, fill(w.checkList.more, { count: count(unlisted, language) })) : null;
  return el('div', { class: 'faults' }, el('ul', {}, items), more);
}

function limits(w) {
  return el(
    'section',
    { class: 'limits', 'aria-labelledby': 'limits-title' },
    el('h3', { id: 'limits-title' }, w.limits.title),
    el('ul', {}, w.limits.items.map((item) => el('li', {}, item))),
  );
}
