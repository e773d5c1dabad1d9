// The ZIP of a production (production.md, "The package"): every byte of its headers follows from the names, sizes and checksums of its
// entries. So it is read from the front, header by header, and what must then come behind the last entry is computed and compared.

import { compareBytewise, joinBytes, sameBytes, textOf, utf8 } from './bytes.js';
import { must } from './fault.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const LOCAL_BYTES = 30;
const MAX_NAME_BYTES = 1024;
const MAX_ENTRIES = 4_000_000;
const WINDOW_BYTES = 1 << 20;

const PLAIN_VERSION = 20;
const ZIP64_VERSION = 45;
const MADE_ON_UNIX = 3 << 8;
const UTF8_NAMES = 1 << 11;
const DOS_DATE_1980 = 0x21;
const REGULAR_FILE = 0o100644 * 0x10000;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;

/**
 * Reads the directory of a ZIP. `file` has `size` and `read(offset, length)`, which promises bytes. The entries are
 * { name, offset, size, crc }; their data is looked at by readEntry. Fault: `package`.
 */
export async function readZip(file) {
  const window = new Window(file);
  const entries = [];
  let at = 0;
  while (entries.length <= MAX_ENTRIES && (await startsEntry(window, at))) {
    const entry = await readLocalHeader(window, at);
    const before = entries.at(-1);
    must(!before || compareBytewise(before.name, entry.name) < 0, 'package', 'the entries are not in the order of their names');
    entries.push(entry);
    at = entry.offset + entry.size;
  }
  must(entries.length > 0 && entries.length <= MAX_ENTRIES, 'package', 'it is not a ZIP of files');
  const expected = directoryOf(entries, at);
  must(file.size === at + expected.length, 'package', 'the end of the ZIP is not the directory of its entries');
  const found = await file.read(at, expected.length);
  must(sameBytes(found, expected), 'package', 'the directory of the ZIP differs from its entries');
  return entries;
}

/** The data of an entry. Fault `package` where it does not fit its checksum. */
export async function readEntry(file, { name, offset, size, crc }) {
  const bytes = await file.read(offset, size);
  must(crc32(bytes) === crc, 'package', `${name}: the checksum in the ZIP does not fit`);
  return bytes;
}

/** Reads a file front to back in large pieces. */
class Window {
  constructor(file) {
    this.file = file;
    this.start = 0;
    this.bytes = new Uint8Array(0);
  }

  /** Bytes from `at`; fewer than asked for where the file ends. */
  async read(at, length) {
    const end = Math.min(at + length, this.file.size);
    if (at < this.start || end > this.start + this.bytes.length) {
      this.start = at;
      this.bytes = await this.file.read(at, Math.min(Math.max(WINDOW_BYTES, length), this.file.size - at));
    }
    return this.bytes.subarray(at - this.start, end - this.start);
  }
}

async function startsEntry(window, at) {
  if (at + LOCAL_BYTES > window.file.size) return false;
  const head = await window.read(at, 4);
  return viewOf(head).getUint32(0, true) === LOCAL;
}

async function readLocalHeader(window, at) {
  const fixed = viewOf(await window.read(at, LOCAL_BYTES));
  const crc = fixed.getUint32(14, true);
  const nameBytes = fixed.getUint16(26, true);
  must(nameBytes > 0 && nameBytes <= MAX_NAME_BYTES, 'package', 'an entry of the ZIP has no name, or one that is too long');
  const isLarge = fixed.getUint32(22, true) === FULL_32;
  const length = LOCAL_BYTES + nameBytes + (isLarge ? 20 : 0);
  const found = await window.read(at, length);
  must(found.length === length, 'package', 'the ZIP ends within an entry');
  const size = isLarge ? large(viewOf(found), length - 16) : fixed.getUint32(22, true);
  const name = textOf(found.subarray(LOCAL_BYTES, LOCAL_BYTES + nameBytes));
  must(name !== null, 'package', 'the name of an entry of the ZIP is not UTF-8');
  const entry = { name, start: at, offset: at + length, size, crc };
  must(sameBytes(found, localHeader(entry)), 'package', `${name}: its header in the ZIP is not of the form that is asked for`);
  must(entry.offset + size <= window.file.size, 'package', `${name}: the ZIP ends within it`);
  return entry;
}

function localHeader({ name, start, size, crc }) {
  const [isLarge, isFar] = [size >= FULL_32, start >= FULL_32];
  const shown = isLarge ? FULL_32 : size;
  const encoded = utf8(name);
  const head = fields([4, LOCAL], ...common(isLarge || isFar, crc, shown), [2, encoded.length], [2, isLarge ? 20 : 0]);
  return joinBytes(head, encoded, isLarge ? fields([2, 1], [2, 16], [8, size], [8, size]) : fields());
}

/** Version needed, flags, method, time, date, checksum and sizes, as both headers of an entry have them. */
function common(isWide, crc, size) {
  const version = isWide ? ZIP64_VERSION : PLAIN_VERSION;
  return [[2, version], [2, UTF8_NAMES], [2, 0], [2, 0], [2, DOS_DATE_1980], [4, crc], [4, size], [4, size]];
}

/** The central directory and what ends a ZIP, for these entries; the directory starts at `at`. */
function directoryOf(entries, at) {
  const directory = joinBytes(...entries.map(centralHeader));
  const [count, size] = [entries.length, directory.length];
  const isLarge = count >= FULL_16 || size >= FULL_32 || at >= FULL_32;
  const parts = [directory];
  if (isLarge) {
    const versions = [[2, MADE_ON_UNIX | ZIP64_VERSION], [2, ZIP64_VERSION]];
    parts.push(fields([4, END_64], [8, 44], ...versions, [4, 0], [4, 0], [8, count], [8, count], [8, size], [8, at]));
    parts.push(fields([4, LOCATOR_64], [4, 0], [8, at + size], [4, 1]));
  }
  const [shownCount, shownSize, shownAt] = [Math.min(count, FULL_16), Math.min(size, FULL_32), Math.min(at, FULL_32)];
  const tail = [[2, 0], [2, 0], [2, shownCount], [2, shownCount], [4, shownSize], [4, shownAt], [2, 0]];
  return joinBytes(...parts, fields([4, END], ...tail));
}

function centralHeader({ name, start, size, crc }) {
  const [isLarge, isFar, encoded] = [size >= FULL_32, start >= FULL_32, utf8(name)];
  const extra = [...(isLarge ? [[8, size], [8, size]] : []), ...(isFar ? [[8, start]] : [])];
  const extraBytes = extra.length > 0 ? 4 + 8 * extra.length : 0;
  const made = MADE_ON_UNIX | (isLarge || isFar ? ZIP64_VERSION : PLAIN_VERSION);
  const head = fields(
    [4, CENTRAL],
    [2, made],
    ...common(isLarge || isFar, crc, isLarge ? FULL_32 : size),
    [2, encoded.length],
    [2, extraBytes],
    ...[[2, 0], [2, 0], [2, 0], [4, REGULAR_FILE]],
    [4, isFar ? FULL_32 : start],
  );
  const tail = extraBytes > 0 ? fields([2, 1], [2, extraBytes - 4], ...extra) : fields();
  return joinBytes(head, encoded, tail);
}

/** Little-endian numbers, each given as its width in bytes and its value. */
function fields(...list) {
  const bytes = new Uint8Array(list.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of list) {
    let rest = value;
    for (let i = 0; i < width; i++) {
      bytes[at++] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return bytes;
}

function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function large(view, at) {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let rest = start;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** CRC-32 as ZIP has it. */
export function crc32(bytes) {
  let rest = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) rest = CRC_TABLE[(rest ^ bytes[at]) & 0xff] ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}
