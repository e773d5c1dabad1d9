// The attacks in schemas/vectors/production: whatever is done to the sample production, the verdict has the code that is written there.
//
// DAYBOOK_SAMPLES is a folder with the sample productions (crates/production/examples/write_sample.rs); crates/production/tests/javascript.rs
// makes one and runs this.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { bytesFile, folderSource, verifyProduction, zipSource } from '../../schemas/verify.js';

const folder = process.env.DAYBOOK_SAMPLES;
const skip = folder && existsSync(folder) ? false : 'not run: DAYBOOK_SAMPLES names no folder with the sample productions';
const vectors = (name) => JSON.parse(readFileSync(new URL(`../../schemas/vectors/production/${name}`, import.meta.url), 'utf8'));

/** The bytes of a sample, which must be the ones that the vectors speak of. */
function readSample(name, sha256) {
  const bytes = new Uint8Array(readFileSync(join(folder, `${name}.zip`)));
  assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, `${name} is another sample than the vectors are about`);
  return bytes;
}

/** Every file of a package by its name. */
async function unpack(bytes) {
  const source = await zipSource(bytesFile(bytes));
  const files = new Map();
  for (const name of source.names()) files.set(name, await source.read(name));
  return files;
}

const POLICY = skip ? null : readFileSync(join(folder, 'trust.policy'), 'utf8');

async function verdict(open) {
  const { report } = await verifyProduction(open, { trustedKey: POLICY });
  const failed = report.checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
  return { code: report.code, failed };
}

function change(files, { op, file, at, find, with: put, text, from, to }, own, other) {
  const changes = {
    flip: () => {
      const bytes = files.get(file).slice();
      bytes[at] ^= 1;
      files.set(file, bytes);
    },
    replace: () => {
      const before = Buffer.from(files.get(file)).toString();
      assert(before.includes(find), `${file} has no ${find}`);
      files.set(file, Buffer.from(before.replace(find, () => put)));
    },
    remove: () => assert(files.delete(file), file),
    put: () => files.set(file, Buffer.from(text)),
    copy: () => files.set(to, own.get(from)),
    foreign: () => files.set(to, other.get(from)),
  };
  changes[op]();
}

/** Makes declaration and manifests anew, as somebody would who knows what they do. The ledger's record of the bag cannot be. */
function remake(files) {
  files.set('bagit.txt', Buffer.from('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n'));
  const isTag = (name) => !name.startsWith('data/') && !name.startsWith('tagmanifest-') && name !== 'bag-record.json';
  for (const [kind, accept] of [['manifest', (name) => name.startsWith('data/')], ['tagmanifest', isTag]]) {
    const made = ['sha256', 'sha512'].map((algorithm) => {
      const digest = (bytes) => createHash(algorithm).update(bytes).digest('hex');
      const lines = [...files].filter(([name]) => accept(name) && !name.startsWith(`${kind}-`)).sort();
      return [`${kind}-${algorithm}.txt`, lines.map(([name, bytes]) => `${digest(bytes)}  ${name.replaceAll('%', '%25')}\n`).join('')];
    });
    made.forEach(([name, text]) => files.set(name, Buffer.from(text)));
  }
}

test('every attack on a package is found under its code', { skip }, async () => {
  const { about, cases } = vectors('packages.json');
  const own = await unpack(readSample(about.sample, about.sha256));
  const other = await unpack(readSample(about.other, about.other_sha256));
  assert(cases.length > 50);
  const differing = [];
  for (const { name, changes, remade, expect, also } of cases) {
    const files = new Map(own);
    changes.forEach((one) => change(files, one, own, other));
    if (remade) remake(files);
    const sources = new Map([...files].map(([file, bytes]) => [file, bytesFile(new Uint8Array(bytes))]));
    const { code, failed } = await verdict(async () => folderSource(about.sample, sources));
    if (code !== expect || also.some((check) => !failed.includes(check))) differing.push({ name, expect, also, code, failed });
  }
  assert.deepEqual(differing, []);
});

test('no archive has a second reading', { skip }, async () => {
  const { about, cases } = vectors('archives.json');
  const zip = readSample(about.sample, about.sha256);
  const differing = [];
  for (const { name, changes } of cases) {
    let bytes = Buffer.from(zip);
    for (const { op, at, hex, from, to, length } of changes) {
      const inner = { patch: () => Buffer.from(hex, 'hex'), insert: () => Buffer.from(hex, 'hex'), repeat: () => bytes.subarray(from, to), cut: () => Buffer.alloc(0) }[op]();
      const [before, after] = op === 'cut' ? [length, bytes.length] : [at, op === 'patch' ? at + inner.length : at];
      bytes = Buffer.concat([bytes.subarray(0, before), inner, bytes.subarray(after)]);
    }
    const { code } = await verdict(() => zipSource(bytesFile(new Uint8Array(bytes))));
    if (code !== 'package') differing.push({ name, code });
  }
  assert.deepEqual(differing, []);
});

test('the samples themselves hold, as ZIPs and as folders', { skip }, async () => {
  const { about } = vectors('packages.json');
  for (const [name, sha256] of [[about.sample, about.sha256], [about.other, about.other_sha256]]) {
    const bytes = readSample(name, sha256);
    assert.deepEqual(await verdict(() => zipSource(bytesFile(bytes))), { code: null, failed: [] });
    const files = new Map([...(await unpack(bytes))].map(([file, content]) => [file, bytesFile(content)]));
    assert.deepEqual(await verdict(async () => folderSource(null, files)), { code: null, failed: [] });
  }
});
