// A production that was built from a real ledger, checked by the page that travels in it: `node --test built.test.mjs`, with the environment that
// run.sh sets.
//
//   DAYBOOK_BUILT         the ZIP           DAYBOOK_BUILT_POLICY  the ledger's trust policy, from the ledger
//   DAYBOOK_VERIFIER      schemas/verify    DAYBOOK_SHOTS         a folder for screenshots

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { check, findsNoBarrier, inBrowsers, openRecords, outcomes, shot, verdict, vkeyOf } from './harness.mjs';

const { DAYBOOK_BUILT, DAYBOOK_BUILT_POLICY, DAYBOOK_SHOTS, DAYBOOK_VERIFIER } = process.env;
const { readZip } = await import(pathToFileURL(join(DAYBOOK_VERIFIER, 'zip.js')));
const { bytesFile } = await import(pathToFileURL(join(DAYBOOK_VERIFIER, 'source.js')));
const NAME = basename(DAYBOOK_BUILT, '.zip');

const bytes = new Uint8Array(readFileSync(DAYBOOK_BUILT));
const entries = await readZip(bytesFile(bytes));
const bytesOf = (name) => {
  const { offset, size } = entries.find((entry) => entry.name === `${NAME}/${name}`);
  return bytes.subarray(offset, offset + size);
};
const rowsOf = (name) => new TextDecoder().decode(bytesOf(name)).trimEnd().split('\r\n').slice(1);
const natives = entries.filter(({ name }) => name.includes('/NATIVES/')).length;
const withheld = rowsOf('data/LOGS/withheld.csv');
const redactions = rowsOf('data/LOGS/redaction-log.csv');

/** The package, unpacked; the page in it is the one that is opened. */
function unpacked() {
  // Files of an earlier run under the same name would be files too many.
  rmSync(join(DAYBOOK_SHOTS, 'built'), { recursive: true, force: true });
  for (const { name, offset, size } of entries) {
    const path = join(DAYBOOK_SHOTS, 'built', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes.subarray(offset, offset + size));
  }
  return join(DAYBOOK_SHOTS, 'built', NAME);
}

/** The package with one byte of a record changed. */
function damaged() {
  const path = join(DAYBOOK_SHOTS, 'built-damaged.zip');
  const { offset, size } = entries.find(({ name }) => name.includes('/NATIVES/'));
  const changed = bytes.slice();
  changed[offset + (size >> 1)] ^= 1;
  writeFileSync(path, changed);
  return path;
}

const FOLDER = unpacked();

const CLAIMS = [
  [
    'the package holds, and the key is left to be compared',
    async (page, name) => {
      const { kind, code } = await check(page, DAYBOOK_BUILT);
      assert.deepEqual([kind, code], ['open', '']);
      const { 'trusted-key': key, ...others } = await outcomes(page);
      assert.equal(key, 'open');
      assert.deepEqual([...new Set(Object.values(others))], ['held']);
      await findsNoBarrier(page, 'verdict');
      await shot(page, `${name}-built`);
    },
  ],
  [
    "with the ledger's key from elsewhere it holds",
    async (page) => {
      await page.type('#key', vkeyOf(DAYBOOK_BUILT_POLICY));
      assert.equal((await check(page, DAYBOOK_BUILT)).kind, 'holds');
      assert.deepEqual([...new Set(Object.values(await outcomes(page)))], ['held']);
    },
  ],
  [
    'every record is shown, and every redaction as a box with its reason',
    async (page, name) => {
      await check(page, DAYBOOK_BUILT);
      assert.equal(await page.$$eval('section.records details.record', (records) => records.length), natives);
      if (withheld.length > 0) assert.equal(await page.$$eval('section.withheld tbody tr', (rows) => rows.length), withheld.length);
      await openRecords(page);
      const boxes = await page.$$eval('section.records .redaction', (all) => all.map((box) => box.textContent));
      assert.equal(boxes.length, redactions.length);
      for (const text of boxes) assert.match(text, /Reason.*Authority/);
      await findsNoBarrier(page, 'records');
      await shot(page, `${name}-built-records`);
    },
  ],
  [
    'it says the same in Spanish',
    async (page, name) => {
      await check(page, DAYBOOK_BUILT);
      await page.click('.languages [lang="es"]');
      assert.equal((await verdict(page)).kind, 'open');
      await findsNoBarrier(page, 'Spanish');
      await shot(page, `${name}-built-spanish`);
    },
  ],
  [
    'a damaged package is refused',
    async (page) => {
      const { kind, code } = await check(page, damaged());
      assert.deepEqual([kind, code], ['fails', 'package']);
    },
  ],
  [
    'the folder that it was unpacked into holds too',
    async (page, name) => {
      // Only Chromium takes a folder for an input by protocol.
      if (name !== 'Chromium') return;
      const input = await page.$('#choose-folder');
      await input.uploadFile(FOLDER);
      assert.equal((await verdict(page)).kind, 'open');
    },
  ],
];

inBrowsers(`the page in ${NAME} checks it`, join(FOLDER, 'data/VERIFY/verify.html'), CLAIMS);
