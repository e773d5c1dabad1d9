// Where the files of a package come from: a ZIP, or a folder. Both give names relative to the bag's own folder, and `faults`, what is wrong
// with those names.

import { must } from './fault.js';
import { readEntry, readZip } from './zip.js';

const BAG_NAME = /^[A-Z0-9][A-Z0-9-]{0,22}-P[0-9]{4}$/;

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
  return {
    top,
    faults: nameFaults([...files.keys()]),
    bytes: file.size,
    names: () => [...files.keys()],
    sizeOf: (name) => files.get(name)?.size ?? null,
    read: async (name) => (files.has(name) ? readEntry(file, files.get(name)) : null),
  };
}

/** Files by their names in the bag's folder, each with `size` and `read`. */
export function folderSource(top, files) {
  const sizes = [...files.values()].map(({ size }) => size);
  return {
    top,
    faults: nameFaults([...files.keys()]),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    names: () => [...files.keys()],
    sizeOf: (name) => files.get(name)?.size ?? null,
    read: async (name) => (files.has(name) ? files.get(name).read(0, files.get(name).size) : null),
  };
}

/** Names are printable ASCII, relative, without empty parts, `.`, `..` and backslashes; none is there twice, in whatever case. */
function nameFaults(names) {
  const folded = new Set();
  const faults = [];
  for (const name of names) {
    const steps = name.split('/');
    const plain = /^[\x20-\x7e]{1,255}$/.test(name) && !name.includes('\\');
    const relative = steps.every((step) => !['', '.', '..'].includes(step));
    if (!plain || !relative) faults.push({ file: name, what: 'a name is relative, in printable ASCII, and without backslashes' });
    const lower = name.toLowerCase();
    if (folded.has(lower)) faults.push({ file: name, what: 'two files have this name' });
    folded.add(lower);
  }
  return faults;
}
