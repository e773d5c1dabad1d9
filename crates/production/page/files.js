// What was chosen or dropped: a ZIP, or the files of a folder.

import { blobFile, folderSource, zipSource } from '../../../schemas/verify/source.js';

/** Natives beyond this are for the command: a browser would hold too much at once. Bytes. */
export const MAX_NATIVES_BYTES = 50 * 1024 * 1024;
const NATIVES = 'data/VOL001/NATIVES/';

/** The source of what was chosen: { zip } or { files }, a list of [path, File]. */
export async function openChosen({ zip, files }) {
  if (zip) return zipSource(blobFile(zip));
  const root = rootOf(files.map(([path]) => path));
  const inside = files.filter(([path]) => path.startsWith(root));
  return folderSource(null, new Map(inside.map(([path, file]) => [path.slice(root.length), blobFile(file)])));
}

/** The folder that holds bagit.txt, nearest to the top. */
function rootOf(paths) {
  const roots = paths.filter((path) => /(^|\/)bagit\.txt$/.test(path)).map((path) => path.slice(0, -'bagit.txt'.length));
  return roots.sort((a, b) => a.length - b.length)[0] ?? '';
}

/** Bytes of the natives of a source. */
export function nativesBytes(source) {
  const natives = source.names().filter((name) => name.startsWith(NATIVES));
  return natives.reduce((sum, name) => sum + source.sizeOf(name), 0);
}

/** What an input element has chosen. A folder's files know their paths. */
export function chosenIn(input) {
  const files = [...input.files];
  if (files.length === 0) return null;
  if (!input.webkitdirectory) return { zip: files[0], name: files[0].name };
  return { files: files.map((file) => [file.webkitRelativePath || file.name, file]), name: files[0].webkitRelativePath.split('/')[0] };
}

/** What was dropped: one file is taken for a ZIP, a folder is walked through. */
export async function dropped(transfer) {
  // The items of a drop are gone once this function has waited for anything.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const [single] = transfer.files;
  if (entries.length <= 1 && !entries[0]?.isDirectory) return single ? { zip: single, name: single.name } : null;
  const files = [];
  for (const entry of entries) await walk(entry, '', files);
  return { files, name: entries[0].name };
}

async function walk(entry, prefix, into) {
  const path = prefix + entry.name;
  if (entry.isFile) {
    into.push([path, await new Promise((resolve, reject) => entry.file(resolve, reject))]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A directory is read in portions, until one is empty.
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return;
    for (const inner of portion) await walk(inner, `${path}/`, into);
  }
}
