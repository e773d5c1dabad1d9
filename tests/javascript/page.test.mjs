// The words of the page that checks productions: both languages say the same things.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { en } from '../../crates/production/page/words.en.js';
import { es } from '../../crates/production/page/words.es.js';
import { CHECKS } from '../../schemas/verify.js';

/** Every text by its path. */
function textsOf(words, path = '') {
  return Object.entries(words).flatMap(([name, value]) =>
    typeof value === 'string' ? [[`${path}${name}`, value]] : textsOf(value, `${path}${name}.`),
  );
}

const placeholders = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();

test('both languages have the same texts, with the same values in them', () => {
  const [english, spanish] = [new Map(textsOf(en)), new Map(textsOf(es))];
  assert.deepEqual([...spanish.keys()], [...english.keys()]);
  for (const [path, text] of english) {
    assert(text.trim() !== '' && spanish.get(path).trim() !== '', path);
    assert.equal(placeholders(spanish.get(path)), placeholders(text), path);
  }
});

test('every check is explained: what it proves, what it does not, and how to do it by hand', () => {
  for (const words of [en, es]) {
    assert.deepEqual(Object.keys(words.checks), CHECKS);
    for (const code of CHECKS) assert.deepEqual(Object.keys(words.checks[code]), ['title', 'fails', 'proves', 'limits', 'hand']);
  }
});
