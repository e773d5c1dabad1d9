// Strict JSON. RFC 8259 leaves open what a repeated member means and how deep a text may nest; formats.md does not: no object
// repeats a key, at most 8 levels, whole numbers of 64 bits. Objects become Maps, which keep the order of the text and know no
// inherited members.

import { byteLength, textOf } from './bytes.js';
import { Fault, must } from './fault.js';

/** Deepest nesting; the outermost object or array is level 1. */
export const MAX_DEPTH = 8;

const MAX_U64 = (1n << 64n) - 1n;
const MIN_I64 = -(1n << 63n);

/** Reads one JSON text from bytes. Faults: `bad-json`, `duplicate-key`, `too-deep`. */
export function parseJsonBytes(bytes, maxDepth = MAX_DEPTH) {
  const text = textOf(bytes);
  must(text !== null, 'bad-json', 'it is not UTF-8');
  return parseJson(text, maxDepth);
}

/** Reads one JSON text. Faults: `bad-json`, `duplicate-key`, `too-deep`. */
export function parseJson(text, maxDepth = MAX_DEPTH) {
  const reader = new Reader(text, maxDepth);
  const value = reader.value(1);
  reader.blank();
  must(reader.at === text.length, 'bad-json', 'something follows the end of the JSON text');
  return value;
}

/** Whether a value of parseJson is an object. */
export const isObject = (value) => value instanceof Map;

/** Whether a value of parseJson is a whole number that JavaScript keeps exact, 0 or more. */
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

/** A value of parseJson as JSON.stringify takes it; for showing. */
export function plain(value) {
  if (isObject(value)) return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'bigint' ? value.toString() : value;
}

class Reader {
  constructor(text, maxDepth) {
    this.text = text;
    this.at = 0;
    this.maxDepth = maxDepth;
  }

  value(depth) {
    this.blank();
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  object(depth) {
    must(depth <= this.maxDepth, 'too-deep', `it is nested more than ${this.maxDepth} levels deep`);
    const members = new Map();
    this.at++;
    this.blank();
    if (this.take('}')) return members;
    for (;;) {
      this.blank();
      must(this.text[this.at] === '"', 'bad-json', 'a member has no name');
      const name = this.string();
      must(!members.has(name), 'duplicate-key', 'an object names a member twice');
      this.blank();
      must(this.take(':'), 'bad-json', 'a member has no value');
      members.set(name, this.value(depth + 1));
      this.blank();
      if (this.take('}')) return members;
      must(this.take(','), 'bad-json', 'an object is not closed');
    }
  }

  array(depth) {
    must(depth <= this.maxDepth, 'too-deep', `it is nested more than ${this.maxDepth} levels deep`);
    const items = [];
    this.at++;
    this.blank();
    if (this.take(']')) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      this.blank();
      if (this.take(']')) return items;
      must(this.take(','), 'bad-json', 'a list is not closed');
    }
  }

  string() {
    STRING.lastIndex = this.at;
    const found = STRING.exec(this.text);
    must(found !== null, 'bad-json', 'a string is malformed');
    this.at = STRING.lastIndex;
    // What matched is a string of RFC 8259; half of a surrogate pair is left, which no UTF-8 can spell.
    const value = found[0].includes('\\') ? JSON.parse(found[0]) : found[0].slice(1, -1);
    must(isWellFormed(value), 'bad-json', 'a string is not Unicode text');
    return value;
  }

  number() {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    must(found !== null, 'bad-json', 'it is not JSON');
    this.at = NUMBER.lastIndex;
    must(/^-?[0-9]+$/.test(found[0]) && found[0] !== '-0', 'bad-json', 'a number is not whole');
    const exact = BigInt(found[0]);
    must(exact >= MIN_I64 && exact <= MAX_U64, 'bad-json', 'a number is too large');
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }

  word(word, value) {
    must(this.text.startsWith(word, this.at), 'bad-json', 'it is not JSON');
    this.at += word.length;
    return value;
  }

  take(character) {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  blank() {
    while (' \t\n\r'.includes(this.text[this.at] ?? '-')) this.at++;
  }
}

// RFC 8259 section 7 and section 6; sticky, so that they match at one place only.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

function isWellFormed(text) {
  if (text.isWellFormed) return text.isWellFormed();
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/**
 * Reads a file that is one object with exactly these members in this order, compact, and `end` behind it: production.md, "JSON is
 * written without white space". What is read is written again and compared, so that there is one spelling. Null for anything else.
 */
export function parseTemplate(text, names, end = '') {
  if (!text.endsWith(end)) return null;
  try {
    const value = parseJson(text.slice(0, text.length - end.length));
    const fits = isObject(value) && [...value.keys()].join() === names.join();
    return fits && JSON.stringify(plain(value)) + end === text ? value : null;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}
