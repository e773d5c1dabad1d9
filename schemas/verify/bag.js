// The BagIt bag (RFC 8493) around a production: its declaration and its manifests.

import { textOf, toHex } from './bytes.js';
import { must } from './fault.js';
import { digest256, digest512 } from './sha2.js';

const DECLARATION = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';
const ALGORITHMS = { sha256: { digest: digest256, hexDigits: 64 }, sha512: { digest: digest512, hexDigits: 128 } };

/** The record that vouches for the tag manifest, and so is not in it. */
export const BAG_RECORD = 'bag-record.json';
/** The file whose digest the bag record names. */
export const TAG_MANIFEST = 'tagmanifest-sha256.txt';

/** The files that every package has: production.md, "The package". */
export const REQUIRED_FILES = [
  'READ-ME-FIRST.txt',
  'bag-info.txt',
  'bag-record.json',
  'bagit.txt',
  'manifest-sha256.txt',
  'manifest-sha512.txt',
  'tagmanifest-sha256.txt',
  'tagmanifest-sha512.txt',
  ...['verify.html', 'HAND-CHECK.txt', 'formats.md', 'production.md'].map((name) => `data/VERIFY/${name}`),
  ...['cover-letter', 'certificate', 'form-37', 'form-38'].flatMap((name) => [
    `data/PAPERS/${name}.pdf`,
    `data/PAPERS/${name}.txt`,
  ]),
  ...['VOL001.dat', 'VOL001.opt', 'VOL001.csv', 'VOL001.jsonl', 'columns.csv'].map((name) => `data/VOL001/DATA/${name}`),
  ...['redaction-log.csv', 'withheld.csv', 'privilege-log.csv', 'custody.jsonl', 'incidents.csv'].map(
    (name) => `data/LOGS/${name}`,
  ),
  ...['policy.txt', 'checkpoint.txt', 'checkpoint-searched.txt', 'consistency.json', 'leaves.csv', 'statement.json'].map(
    (name) => `data/PROOFS/${name}`,
  ),
];

/** Fault `declaration` where bagit.txt is another, or a file is missing that every package has. */
export function checkDeclaration(files) {
  const names = new Set(files.names());
  const missing = REQUIRED_FILES.find((name) => !names.has(name));
  must(missing === undefined, 'declaration', `${missing} is missing`);
  must(textOf(files.read('bagit.txt')) === DECLARATION, 'declaration', 'bagit.txt is not the declaration of a BagIt 1.0 bag');
}

/** Whether a file is listed in the tag manifests. */
export function isTagFile(name) {
  return !name.startsWith('data/') && !name.startsWith('tagmanifest-') && name !== BAG_RECORD;
}

/** What is wrong with one kind of manifest (`manifest` or `tagmanifest`), which must list exactly these files, as { file, what } each. */
export function manifestFaults(files, kind, expectedNames) {
  const faults = [];
  for (const [algorithm, { hexDigits }] of Object.entries(ALGORITHMS)) {
    const file = `${kind}-${algorithm}.txt`;
    const bytes = files.read(file);
    const lines = bytes && readManifest(bytes, hexDigits);
    if (!lines) {
      faults.push({ file, what: 'it is missing or malformed' });
      continue;
    }
    const other = [...lines.keys()].find((name) => !expectedNames.has(name));
    if (other !== undefined) faults.push({ file: other, what: `${file} lists it, but it is not there` });
    for (const name of expectedNames) {
      const [expected, found] = [lines.get(name), files.digests.get(name)];
      if (expected === undefined) faults.push({ file: name, what: `${file} does not list it` });
      // A file that cannot be read is a fault of the package already.
      else if (found && expected !== found[algorithm]) faults.push({ file: name, what: `it is not the file that ${file} lists` });
    }
  }
  return faults;
}

/** Name → digest; null where a line is malformed or a file is listed twice. Of the codes of RFC 8493, section 2.1.3, only %25 can occur. */
function readManifest(bytes, hexDigits) {
  const text = textOf(bytes);
  if (text === null || (text !== '' && !text.endsWith('\n'))) return null;
  const lines = new Map();
  for (const line of text.split('\n').slice(0, -1)) {
    const [digest, spaces, written] = [line.slice(0, hexDigits), line.slice(hexDigits, hexDigits + 2), line.slice(hexDigits + 2)];
    const name = written.replaceAll('%25', '%');
    const isLine = /^[0-9a-f]+$/.test(digest) && digest.length === hexDigits && spaces === '  ';
    if (!isLine || name.replaceAll('%', '%25') !== written || lines.has(name)) return null;
    lines.set(name, digest);
  }
  return lines;
}

/** Both digests of a file. */
export async function digestsOf(bytes) {
  return { sha256: toHex(await digest256(bytes)), sha512: toHex(await digest512(bytes)) };
}
