// Verdicts for another program: `node verdicts.mjs POLICY ZIP…` prints for each package a line of JSON with the file's name, the code of the
// verdict and every check that failed; at the end how long it took.

import { readFileSync } from 'node:fs';

import { bytesFile, verifyProduction, zipSource } from '../../schemas/verify.js';

const [policyFile, ...packages] = process.argv.slice(2);
const trustedKey = readFileSync(policyFile, 'utf8');
let [records, elapsed] = [0, 0];
for (const file of packages) {
  const bytes = new Uint8Array(readFileSync(file));
  const before = performance.now();
  const { report } = await verifyProduction(() => zipSource(bytesFile(bytes)), { trustedKey });
  elapsed += performance.now() - before;
  records += report.counts.produced;
  const failed = report.checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
  console.log(JSON.stringify({ file, code: report.code, failed, counts: report.counts }));
}
console.error(`${records} records in ${Math.round(elapsed)} ms: ${Math.round((1000 * records) / elapsed)} a second`);
