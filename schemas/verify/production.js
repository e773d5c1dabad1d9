// A production checked as a whole: everything in production.md, in its order. The verdict is the same as that of `daybook production
// verify`: the first check that failed.

import { checkDeclaration, manifestFaults } from './bag.js';
import { toBase64 } from './bytes.js';
import { checkComplete } from './complete.js';
import { CHECKS, Findings } from './findings.js';
import { checkKeys } from './keys.js';
import { checkLoadFiles } from './loadfiles.js';
import { readPackage } from './package.js';
import { checkProofs, readTrusted } from './proofs.js';
import { checkEvents, checkInclusion, readRecords } from './records.js';
import { checkRedactions } from './redactions.js';
import { checkStatement } from './statement.js';

const NO_PACKAGE = { top: null, faults: [], bytes: 0, names: () => [], read: async () => null };

/**
 * Checks a production. `open` promises its source (source.js). `trustedKey` is the vkey of the log, or a whole policy, as whoever checks has it from
 * elsewhere; without it that check stays open. `progress` is told { stage, done, total } and may return a promise, which is waited for.
 *
 * Gives { report, records, redactions, rows, withheld, said }: `report` as the command writes it, the rest for showing.
 * Throws a Fault `vkey` or `policy` where the trusted key is none.
 */
export async function verifyProduction(open, { trustedKey = null, progress = async () => {} } = {}) {
  const trusted = readTrusted(trustedKey);
  const findings = new Findings();
  const source = (await findings.attempt('package', {}, open)) ?? NO_PACKAGE;
  for (const { file, what } of source.faults) findings.add('package', what, { file });
  const files = await readPackage(source, findings, progress);
  if (files.names().length === 0) return nothingToCheck(findings, files);
  await findings.attempt('declaration', {}, () => checkDeclaration(files));
  noteManifests(files, findings);
  const proofs = await checkProofs(files, findings, trusted);
  const records = await readRecords(files, findings);
  await checkInclusion(records, findings, proofs, files);
  await checkEvents(records, findings, proofs.origin);
  const signatures = await checkKeys(records, findings, progress);
  const said = await checkStatement(records, findings, proofs, { files, top: source.top });
  const withheld = await checkComplete(records, findings, proofs.rows, files);
  const redactions = await checkRedactions(records, findings, withheld, files);
  const rows = await checkLoadFiles(records, findings, redactions, said, files);
  const shown = { records, redactions, rows, withheld, said };
  return { report: reportOf(findings, proofs, shown, { files, signatures }), ...shown };
}

function nothingToCheck(findings, files) {
  CHECKS.slice(1).forEach((code) => findings.notDone(code));
  const shown = { records: [], redactions: new Map(), rows: new Map(), withheld: [], said: null };
  const proofs = { policy: null, origin: null, fingerprint: null, checkpoint: null, searched: null, rows: null };
  return { report: reportOf(findings, proofs, shown, { files, signatures: 0 }), ...shown };
}

function noteManifests(files, findings) {
  const kinds = [
    ['tag-manifest', 'tagmanifest', files.tagFiles()],
    ['manifest', 'manifest', files.payload()],
  ];
  for (const [code, kind, names] of kinds) {
    for (const { file, what } of manifestFaults(files, kind, names)) findings.add(code, what, { file });
  }
}

/** The report, in the members that `daybook production verify` writes. */
function reportOf(findings, proofs, shown, { files, signatures }) {
  const checks = findings.report();
  const code = checks.find(({ outcome }) => outcome === 'failed')?.code ?? null;
  const { policy, checkpoint, searched, fingerprint } = proofs;
  return {
    ok: code === null,
    code,
    production: shown.said?.get('production') ?? null,
    origin: policy?.origin ?? null,
    log_key: policy?.log.text ?? null,
    fingerprint: fingerprint ?? null,
    size: checkpoint?.size ?? null,
    root: checkpoint ? toBase64(checkpoint.root) : null,
    searched_size: searched?.size ?? null,
    checks,
    counts: countsOf(shown, proofs.rows, { files, signatures }),
  };
}

function countsOf({ records, redactions }, rows, { files, signatures }) {
  const of = (role) => records.filter((record) => record.role === role);
  const slots = of('native').flatMap(({ shown }) => shown?.slots ?? []);
  const redacted = (state) => [...redactions.values()].filter((row) => row.state === state).length;
  return {
    files: files.names().length,
    bytes: files.size,
    produced: of('native').length,
    withheld: rows?.filter(({ state }) => state === 'withheld').length ?? 0,
    authority: of('authority').length,
    signatures,
    slots_shown: slots.filter(({ disclosed, empty }) => disclosed && !empty).length,
    slots_absent: slots.filter(({ empty }) => empty).length,
    slots_withheld: redacted('withheld'),
    slots_sealed: redacted('sealed'),
    slots_erased: redacted('erased'),
  };
}
