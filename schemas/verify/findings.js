// The checks of a production in the order in which they decide the verdict (production.md, "What is checked"), and what they found.

import { Fault } from './fault.js';

/** The codes of the checks, in order. */
export const CHECKS = [
  'package',
  'declaration',
  'tag-manifest',
  'manifest',
  'trusted-key',
  'checkpoint',
  'consistency',
  'leaves',
  'record',
  'inclusion',
  'event',
  'key',
  'signature',
  'statement',
  'complete',
  'redactions',
  'load-files',
];

/** Most faults of one check that a report lists. */
export const MAX_LISTED = 100;

/** Collects faults while the checks run. */
export class Findings {
  constructor() {
    this.faults = new Map(CHECKS.map((code) => [code, []]));
    this.counts = new Map(CHECKS.map((code) => [code, 0]));
    this.open = new Set();
    this.undone = new Set();
  }

  /** Something does not hold; `where` may name a `file` and an `index` of the log. */
  add(code, what, where = {}) {
    this.counts.set(code, this.counts.get(code) + 1);
    const listed = this.faults.get(code);
    if (listed.length < MAX_LISTED) listed.push({ ...where, what });
  }

  /** Notes a fault of this check unless the claim holds; whether it does. */
  expect(holds, code, what, where) {
    if (!holds) this.add(code, what, where);
    return Boolean(holds);
  }

  /** Runs a step of a check. A fault that it throws is noted, and the answer is null then. */
  async attempt(code, where, step) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.add(code, error.message, where);
      return null;
    }
  }

  /** The check had nothing to look at, since something before it failed. */
  notDone(code) {
    this.undone.add(code);
  }

  /** The check is for whoever reads the report to decide. */
  leaveOpen(code) {
    this.open.add(code);
  }

  failed(code) {
    return this.counts.get(code) > 0;
  }

  /** Every check: { code, outcome, faults, unlisted }. */
  report() {
    return CHECKS.map((code) => {
      const faults = this.faults.get(code);
      return { code, outcome: this.outcomeOf(code), faults, unlisted: this.counts.get(code) - faults.length };
    });
  }

  outcomeOf(code) {
    if (this.failed(code)) return 'failed';
    if (this.undone.has(code)) return 'not-done';
    return this.open.has(code) ? 'open' : 'held';
  }
}
