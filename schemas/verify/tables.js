// CSV as RFC 4180 writes it, with CRLF at the end of every line, read strictly.

import { textOf } from './bytes.js';
import { must } from './fault.js';

/** The rows of a CSV behind its header, which must be `header`; each is a list of values. Faults are of `code`. */
export function readCsv(bytes, header, code) {
  const text = textOf(bytes);
  must(text !== null, code, 'it is not UTF-8');
  const rows = splitCsv(text, code);
  must(rows.length > 0 && rows[0].join('\n') === header.join('\n'), code, 'its first line does not name its columns');
  const even = rows.every((row) => row.length === header.length);
  must(even, code, 'a row has another number of values than the header');
  return rows.slice(1);
}

/** A value is in quotes as a whole, where it holds a comma, a quote or a line end, or has none in it. */
function splitCsv(text, code) {
  const value = /"((?:[^"]|"")*)"(,|\r\n)|([^",\r\n]*)(,|\r\n)/y;
  const rows = [];
  let row = [];
  while (value.lastIndex < text.length) {
    const found = value.exec(text);
    must(found !== null, code, 'it is not CSV, or a line does not end in CRLF');
    row.push(found[1] === undefined ? found[3] : unquoted(found[1], code));
    if ((found[2] ?? found[4]) === ',') continue;
    rows.push(row);
    row = [];
  }
  must(row.length === 0, code, 'its last line has no end');
  return rows;
}

/** Quotes that nothing asks for would be a second spelling. */
function unquoted(inside, code) {
  const value = inside.replaceAll('""', '"');
  must(/[",\r\n]/.test(value), code, 'it is not CSV of one spelling: a value is in quotes without need');
  return value;
}
