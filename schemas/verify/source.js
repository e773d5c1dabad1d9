// Where the files of a package come from: a ZIP, or a folder. Both give names relative to the bag's own folder.

import { byteLength } from './bytes.js';
import { must } from './fault.js';
import { readEntry, readZip } from './zip.js';

const BAG_NAME = /^[A-Z0-9][A-Z0-9-]{0,22}-P[0-9]{4}$/;
const MAX_NAME_BYTES = 255;

/** The bytes of a Blob or File, as readZip and folders want them. */
export function blobFile(blob) {
  const read = async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
  return { size: blob.size, read };
}

/** Bytes in memory, likewise. */
export function bytesFile(bytes) {
  return { size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) };
}

/** The files of a ZIP. Fault: `package`. */
export async function zipSource(file) {
  const entries = await readZip(file);
  const [top] = entries[0].name.split('/');
  must(BAG_NAME.test(top), 'package', 'the top folder of the ZIP does not have the name of a production');
  const files = new Map();
  for (const entry of entries) {
    must(entry.name.startsWith(`${top}/`), 'package', `${entry.name}: it is outside the top folder`);
    files.set(entry.name.slice(top.length + 1), entry);
  }
  checkNames([...files.keys()]);
  return {
    top,
    bytes: file.size,
    names: () => [...files.keys()],
    sizeOf: (name) => files.get(name)?.size ?? null,
    read: async (name) => (files.has(name) ? readEntry(file, files.get(name)) : null),
  };
}

/** Files by their names in the bag's folder, each with `size` and `read`. Fault: `package`. */
export function folderSource(top, files) {
  checkNames([...files.keys()]);
  const sizes = [...files.values()].map(({ size }) => size);
  return {
    top,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    names: () => [...files.keys()],
    sizeOf: (name) => files.get(name)?.size ?? null,
    read: async (name) => (files.has(name) ? files.get(name).read(0, files.get(name).size) : null),
  };
}

/** Names are relative, without `..`, backslashes and control characters, and none is there twice, in whatever case. */
function checkNames(names) {
  const folded = new Set();
  for (const name of names) {
    const steps = name.split('/');
    const plain = !/[\\\p{Cc}]/u.test(name) && steps.every((step) => !['', '.', '..'].includes(step));
    must(plain && byteLength(name) <= MAX_NAME_BYTES, 'package', 'the name of a file is not a plain relative one');
    const lower = name.toLowerCase();
    must(!folded.has(lower), 'package', `${name}: two files have this name`);
    folded.add(lower);
  }
}
