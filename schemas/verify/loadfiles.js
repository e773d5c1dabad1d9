// The load files of a production (production.md, "Load files"). The CSV is read; from its rows the bytes of the other three follow.

import { joinBytes, sameBytes, toHex, utf8 } from './bytes.js';
import { must } from './fault.js';
import { isCount } from './json.js';
import { ledgerFields } from './statement.js';
import { readCsv } from './tables.js';

const FOLDER = 'data/VOL001/DATA/';
/** The columns, in order. */
export const COLUMNS =
  `BEGBATES ENDBATES PGCOUNT CUSTODIAN DOCTYPE FILENAME FILEEXT FILESIZE SHA256HASH NATIVEPATH TEXTPATH IMAGEPATH TIMEZONE
  EVENTTIMEUTC EVENTTIMELOCAL RECORDEDTIMEUTC RECORDEDTIMELOCAL LOGTIMEUTC EVENTID EVENTTYPE EVENTVERSION DEPARTMENT PRODUCER SEQUENCE
  ISSUERKID PERIOD LOGORIGIN LOGINDEX LEAFHASH CHECKPOINTSIZE DISCLOSEDCOUNT WITHHELDCOUNT ERASEDCOUNT ABSENTCOUNT REDACTED
  REDACTIONREASON CONFIDENTIALITY ASSERTION LINKS PRODVOL SOURCE`.split(/\s+/);

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);
const DAT_SEPARATOR = '\u0014';
const DAT_QUALIFIER = '\u00fe';
const DAT_LINE_END = '\u00ae';
/** What Windows-1252 has at 0x80 to 0x9f; a blank where it has nothing. */
const WESTERN = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

/** Checks `load-files`. Gives the rows by BEGBATES, each an object by the standard names of the columns. */
export async function checkLoadFiles(records, findings, redactions, said, files) {
  const rows = await readRows(findings, files);
  if (rows === null) return new Map();
  const natives = new Map(records.filter(({ role, shown }) => role === 'native' && shown).map((native) => [native.named, native]));
  const numbered = numberedOf(records, said);
  findings.expect(numbered !== null, 'load-files', 'no production.numbered gives this production its numbers', { file: FOLDER });
  const byBates = new Map();
  let before = null;
  for (const row of rows) {
    const where = { file: `${FOLDER}VOL001.csv` };
    await findings.attempt('load-files', where, () => {
      if (numbered) before = checkNumbers(row, before, numbered);
      must(!byBates.has(row.BEGBATES), 'load-files', `${row.BEGBATES} has another row`);
      checkRow(row, natives.get(row.BEGBATES), redactions, files);
    });
    byBates.set(row.BEGBATES, row);
  }
  for (const { named, file, index } of natives.values()) {
    findings.expect(byBates.has(named), 'load-files', 'the load files have no row for this native', { file, index });
  }
  return byBates;
}

/** The rows of the CSV; null where a file cannot be read. The other three must be what follows from it, to the byte. */
async function readRows(findings, files) {
  const at = (name) => ({ file: FOLDER + name });
  const titles = await findings.attempt('load-files', at('columns.csv'), () => readTitles(files));
  if (!titles) return null;
  const csv = await findings.attempt('load-files', at('VOL001.csv'), () => readCsv(contentOf(files, 'VOL001.csv'), titles, 'load-files'));
  if (!csv) return null;
  const rows = csv.map((row) => Object.fromEntries(COLUMNS.map((name, column) => [name, row[column]])));
  const expected = {
    'VOL001.dat': (bytes) => datOf([titles, ...csv], !sameBytes(bytes.subarray(0, BOM.length), BOM)),
    'VOL001.jsonl': () => utf8(csv.map((row) => jsonLine(titles, row)).join('')),
    'VOL001.opt': () => utf8(rows.map(optLine).join('')),
  };
  for (const [name, write] of Object.entries(expected)) {
    await findings.attempt('load-files', at(name), () => {
      const bytes = contentOf(files, name);
      must(sameBytes(bytes, write(bytes)), 'load-files', 'it does not say what VOL001.csv says');
    });
  }
  return rows;
}

/** The names under which the columns stand: `columns.csv` says where one was changed. */
function readTitles(files) {
  const rows = readCsv(contentOf(files, 'columns.csv'), ['COLUMN', 'RENAMED', 'MEANING'], 'load-files');
  must(rows.map(([name]) => name).join() === COLUMNS.join(), 'load-files', 'it does not list the columns in their order');
  return rows.map(([name, renamed]) => (renamed === '' ? name : renamed));
}

/** A Concordance DAT: UTF-8 with a byte order mark, or Windows-1252. */
function datOf(rows, isWestern) {
  const text = rows.map((row) => `${row.map(datValue).join(DAT_SEPARATOR)}\r\n`).join('');
  return isWestern ? Uint8Array.from(text, westernByte) : joinBytes(BOM, utf8(text));
}

function datValue(value) {
  const flat = value.replaceAll(/\r\n|\r|\n/g, DAT_LINE_END).replaceAll(DAT_QUALIFIER, DAT_QUALIFIER + DAT_QUALIFIER);
  return DAT_QUALIFIER + flat + DAT_QUALIFIER;
}

/** A character in Windows-1252, `?` where it has none. */
function westernByte(character) {
  const code = character.codePointAt(0);
  if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) return code;
  const at = WESTERN.indexOf(character);
  return at >= 0 ? 0x80 + at : 0x3f;
}

function jsonLine(titles, row) {
  const members = titles.map((title, at) => `${JSON.stringify(title)}:${JSON.stringify(row[at])}`);
  return `{${members.join(',')}}\n`;
}

function optLine({ BEGBATES, IMAGEPATH, PGCOUNT }) {
  return `${BEGBATES},VOL001,${IMAGEPATH},Y,,,${PGCOUNT}\r\n`;
}

/** The pages of a row follow those of the row before, and lie in the range that the ledger gave out; gives the last of them. */
function checkNumbers({ BEGBATES, ENDBATES, PGCOUNT }, before, numbered) {
  const [first, last] = [pageOf(BEGBATES, numbered.prefix), pageOf(ENDBATES, numbered.prefix)];
  const width = first.digits === last.digits && (before === null || before.digits === first.digits);
  must(width, 'load-files', 'the Bates numbers are not all of the same length');
  must(before === null || first.number === before.number + 1, 'load-files', `${BEGBATES} does not follow the row before`);
  const pages = last.number - first.number + 1;
  must(pages > 0 && PGCOUNT === String(pages), 'load-files', `PGCOUNT of ${BEGBATES} is not the number of its pages`);
  const inRange = first.number >= numbered.first && last.number <= numbered.last;
  must(inRange, 'load-files', `${BEGBATES} is outside the range of production.numbered`);
  return last;
}

function pageOf(bates, prefix) {
  const digits = bates.startsWith(prefix) ? bates.slice(prefix.length) : '';
  must(/^[0-9]{1,15}$/.test(digits), 'load-files', `${bates} is not the production's prefix and a number`);
  return { number: Number(digits), digits: digits.length };
}

/** The row says what its native says. */
function checkRow(row, native, redactions, files) {
  must(native !== undefined, 'load-files', `no native has the name ${row.BEGBATES}`);
  const { claims } = native.token;
  const expected = {
    SHA256HASH: files.digests.get(native.file).sha256,
    LEAFHASH: toHex(native.leaf),
    LOGINDEX: native.index,
    EVENTID: claims.jti,
    EVENTTYPE: claims.event,
    ...countsOf(native, redactions),
  };
  const wrong = Object.keys(expected).find((name) => row[name] !== String(expected[name]));
  must(wrong === undefined, 'load-files', `${wrong} of ${row.BEGBATES} is not that of the native`);
  must(packageName(row.NATIVEPATH) === native.file, 'load-files', `NATIVEPATH of ${row.BEGBATES} is not that of the native`);
  const there = [row.TEXTPATH, row.IMAGEPATH].every((path) => files.digests.has(packageName(path)));
  must(there, 'load-files', `TEXTPATH or IMAGEPATH of ${row.BEGBATES} names no file of the package`);
}

/** How many slots are disclosed with a value, disclosed to be empty, held back or sealed, and erased. */
export function countsOf({ named, shown }, redactions) {
  const disclosed = shown.slots.filter((slot) => slot.disclosed);
  const states = shown.slots.filter((slot) => !slot.disclosed).map(({ name }) => redactions.get(`${named} ${name}`)?.state);
  return {
    DISCLOSEDCOUNT: disclosed.filter((slot) => !slot.empty).length,
    ABSENTCOUNT: disclosed.filter((slot) => slot.empty).length,
    WITHHELDCOUNT: states.filter((state) => state === 'withheld' || state === 'sealed').length,
    ERASEDCOUNT: states.filter((state) => state === 'erased').length,
  };
}

/** The file of the package that a path in a load file names; null where it is no such path. */
function packageName(path) {
  const inside = path.startsWith('.\\VOL001\\') && !path.includes('/');
  return inside ? `data/VOL001/${path.slice('.\\VOL001\\'.length).replaceAll('\\', '/')}` : null;
}

/** The range that the last `production.numbered` of this production gave out; null where there is none. */
function numberedOf(records, said) {
  const name = said?.get('production');
  if (typeof name !== 'string') return null;
  const all = records.filter(({ role }) => role === 'authority').map((record) => ledgerFields(record, 'production.numbered'));
  const fields = all.findLast((one) => one !== null && one.get('production') === name && isCount(one.get('first')) && isCount(one.get('last')));
  return fields ? { prefix: String(fields.get('bates_prefix')), first: fields.get('first'), last: fields.get('last') } : null;
}

function contentOf(files, name) {
  const bytes = files.read(FOLDER + name);
  must(bytes !== null, 'load-files', `${name} is missing`);
  return bytes;
}
