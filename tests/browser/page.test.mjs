// verify.html in real browsers, opened from disk: `node --test page.test.mjs`, with the environment that run.sh sets.
//
//   DAYBOOK_PAGE      verify.html            DAYBOOK_SAMPLE  the sample as ZIP     DAYBOOK_POLICY  its trust policy
//   DAYBOOK_VERIFIER  schemas/verify         DAYBOOK_SHOTS   a folder for screenshots
//   DAYBOOK_CHROMIUM, DAYBOOK_FIREFOX        the browsers; a test without its browser is skipped
//   DAYBOOK_LARGE     a large production, to measure (optional)

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { WAIT_MS, check, findsNoBarrier, inBrowsers, openRecords, outcomes, shot, verdict, vkeyOf } from './harness.mjs';

const { DAYBOOK_PAGE, DAYBOOK_SAMPLE, DAYBOOK_POLICY, DAYBOOK_SHOTS, DAYBOOK_LARGE, DAYBOOK_VERIFIER } = process.env;
const { crc32, readZip } = await import(pathToFileURL(join(DAYBOOK_VERIFIER, 'zip.js')));
const { bytesFile } = await import(pathToFileURL(join(DAYBOOK_VERIFIER, 'source.js')));
const VKEY = vkeyOf(DAYBOOK_POLICY);

/** The sample with one byte of a native changed, and a checksum in the ZIP that fits it again. */
async function changedSample() {
  const bytes = new Uint8Array(readFileSync(DAYBOOK_SAMPLE));
  const { offset, size, start, crc: before, name } = (await readZip(bytesFile(bytes))).find((entry) => entry.name.includes('/NATIVES/'));
  bytes[offset + size - 3] ^= 1;
  const view = new DataView(bytes.buffer);
  const after = crc32(bytes.subarray(offset, offset + size));
  view.setUint32(start + 14, after, true);
  for (let at = bytes.length - 50; at > 0; at--) {
    const isEntry = view.getUint32(at, true) === 0x02014b50 && view.getUint32(at + 16, true) === before;
    if (isEntry && Buffer.from(bytes).subarray(at + 46).toString().startsWith(name)) view.setUint32(at + 16, after, true);
  }
  return keep('changed.zip', bytes);
}

/** The sample with one bit flipped in the middle. */
function damagedSample() {
  const bytes = new Uint8Array(readFileSync(DAYBOOK_SAMPLE));
  bytes[bytes.length >> 1] ^= 1;
  return keep('damaged.zip', bytes);
}

/** The sample as a folder. */
async function unpackedSample() {
  const bytes = new Uint8Array(readFileSync(DAYBOOK_SAMPLE));
  const entries = await readZip(bytesFile(bytes));
  for (const { name, offset, size } of entries) {
    const path = join(DAYBOOK_SHOTS, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes.subarray(offset, offset + size));
  }
  return join(DAYBOOK_SHOTS, entries[0].name.split('/')[0]);
}

/** A ZIP of the right form with one native of 51 MB. */
function largeArchive() {
  const name = Buffer.from('DAYB-26CR1187-P0001/data/VOL001/NATIVES/NATIVE001/x.json');
  const data = Buffer.alloc(51 << 20);
  // Version 20, UTF-8 names, stored, 1 January 1980; checksum, sizes, length of the name, no extra field.
  const common = Buffer.alloc(26);
  [[0, 20], [2, 0x800], [8, 0x21], [22, name.length]].forEach(([at, value]) => common.writeUInt16LE(value, at));
  [[10, crc32(data)], [14, data.length], [18, data.length]].forEach(([at, value]) => common.writeUInt32LE(value, at));
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(0x0314, 4);
  common.copy(central, 6);
  central.writeUInt32LE(0o100644 * 0x10000, 38);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  [[8, 1], [10, 1]].forEach(([at, value]) => end.writeUInt16LE(value, at));
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + data.length, 16);
  return keep('large.zip', Buffer.concat([Buffer.from('PK\x03\x04'), common, name, data, central, name, end]));
}

function keep(name, bytes) {
  const path = join(DAYBOOK_SHOTS, name);
  writeFileSync(path, bytes);
  return path;
}

const CLAIMS = [
  [
    'a good production holds, and the key is left to be compared',
    async (page, name) => {
      assert.deepEqual(await check(page, DAYBOOK_SAMPLE), { kind: 'open', code: '', text: '?This production holds together. The key is left for you to compare.' });
      const { 'trusted-key': key, ...others } = await outcomes(page);
      assert.equal(key, 'open');
      assert.deepEqual([...new Set(Object.values(others))], ['held']);
      assert.equal(Object.keys(others).length, 16);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'verdict-title');
      await findsNoBarrier(page, 'verdict');
      await shot(page, `${name}-light`);
    },
  ],
  [
    'every record shows its fields, and every redaction as a box with its reason',
    async (page, name) => {
      await check(page, DAYBOOK_SAMPLE);
      assert.equal(await page.$$eval('section.records details.record', (records) => records.length), 7);
      assert.equal(await page.$$eval('section.withheld tbody tr', (rows) => rows.length), 2);
      await openRecords(page);
      const boxes = await page.$$eval('section.records .redaction', (all) => all.map((box) => [box.className, box.textContent]));
      assert.deepEqual([...new Set(boxes.map(([kind]) => kind))].sort(), ['redaction erased', 'redaction sealed', 'redaction withheld']);
      for (const [, text] of boxes) assert.match(text, /Reason.*Authority/);
      const shown = await page.$eval('section.records', (section) => section.textContent);
      assert.match(shown, /Requesting agency\s*ice_ero/);
      await findsNoBarrier(page, 'records');
      await shot(page, `${name}-records`);
    },
  ],
  [
    'it speaks Spanish',
    async (page, name) => {
      await check(page, DAYBOOK_SAMPLE);
      await page.click('.languages [lang="es"]');
      const { text } = await verdict(page);
      assert.match(text, /Esta entrega es coherente/);
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'es');
      await findsNoBarrier(page, 'Spanish');
      await shot(page, `${name}-spanish`);
    },
  ],
  [
    'the key from elsewhere decides',
    async (page) => {
      await page.type('#key', VKEY);
      assert.equal((await check(page, DAYBOOK_SAMPLE)).kind, 'holds');
      assert.equal((await outcomes(page))['trusted-key'], 'held');
    },
  ],
  [
    'another key than that of the package is refused, and no key is told so',
    async (page) => {
      const [, witness] = readFileSync(DAYBOOK_POLICY, 'utf8').match(/^witness \S+ (\S+)/m);
      await page.type('#key', witness);
      assert.deepEqual((({ kind, code }) => ({ kind, code }))(await check(page, DAYBOOK_SAMPLE)), { kind: 'fails', code: 'trusted-key' });
      await page.$eval('#key', (field) => (field.value = ''));
      await page.type('#key', 'no key');
      await page.click('.choose .buttons > button');
      await page.waitForFunction(() => document.getElementById('key-problem').textContent !== '');
      assert.equal(await page.$('#verdict-title'), null);
    },
  ],
  [
    'a changed record is refused with its code',
    async (page, name) => {
      const { kind, code } = await check(page, await changedSample());
      assert.deepEqual([kind, code], ['fails', 'manifest']);
      assert.match(await page.$eval('.check[data-code="manifest"] .faults', (faults) => faults.textContent), /NATIVES.*manifest-sha256\.txt/);
      await findsNoBarrier(page, 'refusal');
      await shot(page, `${name}-refused`);
    },
  ],
  [
    'a damaged ZIP is refused with its code, and so is what is no ZIP',
    async (page) => {
      for (const bad of [damagedSample(), DAYBOOK_POLICY]) {
        const { kind, code } = await check(page, bad);
        assert.deepEqual([kind, code], ['fails', 'package']);
        await page.reload();
      }
    },
  ],
  [
    'a package can be dropped on the page',
    async (page) => {
      await page.evaluate((base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], 'dropped.zip'));
        document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
      }, readFileSync(DAYBOOK_SAMPLE).toString('base64'));
      assert.equal((await verdict(page)).kind, 'open');
    },
  ],
  [
    'an unpacked folder can be chosen',
    async (page, name) => {
      // Only Chromium takes a folder for an input by protocol.
      if (name !== 'Chromium') return;
      const input = await page.$('#choose-folder');
      await input.uploadFile(await unpackedSample());
      assert.equal((await verdict(page)).kind, 'open');
    },
  ],
  [
    'records of more than 50 MB are left to the command',
    async (page) => {
      const input = await page.$('#choose-zip');
      await input.uploadFile(largeArchive());
      await page.waitForSelector('#notice-title', { timeout: WAIT_MS });
      assert.match(await page.$eval('#result', (result) => result.textContent), /51 MB.*daybook production verify/s);
    },
  ],
  [
    'it is dark where people want it dark, and fits a telephone',
    async (page, name) => {
      // Firefox cannot be told so by this protocol.
      if (name === 'Chromium') await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
      await check(page, DAYBOOK_SAMPLE);
      await openRecords(page);
      await findsNoBarrier(page, 'dark');
      await shot(page, `${name}-dark`);
      await page.setViewport({ width: 360, height: 780 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(overflow, 0, 'the page is wider than the telephone');
      await findsNoBarrier(page, 'telephone');
      await shot(page, `${name}-telephone`);
    },
  ],
  [
    'it prints with every record open',
    async (page, name) => {
      await check(page, DAYBOOK_SAMPLE);
      await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
      assert.equal(await page.$$eval('details.record:not([open])', (closed) => closed.length), 0);
      await page.pdf({ path: join(DAYBOOK_SHOTS, `${name}-print.pdf`), format: 'letter' });
    },
  ],
  [
    'it can be used by keyboard alone',
    async (page) => {
      await page.keyboard.press('Tab');
      const stops = [];
      for (let presses = 0; presses < 8; presses++) {
        stops.push(await page.evaluate(() => document.activeElement.id || document.activeElement.lang || document.activeElement.tagName));
        await page.keyboard.press('Tab');
      }
      for (const stop of ['choose-zip', 'choose-folder', 'key']) assert(stops.includes(stop), `${stop} in ${stops}`);
    },
  ],
  [
    'how fast it is',
    async (page, name) => {
      if (!DAYBOOK_LARGE) return;
      const before = Date.now();
      const { kind } = await check(page, DAYBOOK_LARGE);
      const elapsed = Date.now() - before;
      assert.equal(kind, 'open');
      const records = await page.$eval('#records-title', (title) => Number(title.textContent.replaceAll(/\D/g, '')));
      console.log(`${name}: ${records} records in ${elapsed} ms: ${Math.round((1000 * records) / elapsed)} a second`);
    },
  ],
];

inBrowsers('the page checks productions', DAYBOOK_PAGE, CLAIMS);
