// The types of event as far as a verifier needs them: which fields are public, which share a slot, who may publish.

import { TYPES } from './types.js';

const BY_NAME = new Map(TYPES.map((row) => [`${row[0]} v${row[1]}`, row]));
const READ = new Map();

/** The type of this name and version: { name, version, title, publishers, fields, slots }; null where the catalogue has none. */
export function typeOf(name, version) {
  const key = `${name} v${version}`;
  if (!READ.has(key)) READ.set(key, BY_NAME.has(key) ? readType(BY_NAME.get(key)) : null);
  return READ.get(key);
}

function readType([name, version, title, publishers, rows]) {
  const fields = rows.map(([field, fieldTitle, fieldClass, slot]) => ({
    name: field,
    title: fieldTitle,
    class: fieldClass,
    slot: fieldClass === 'P' ? null : (slot ?? field),
    grouped: slot !== undefined,
  }));
  return { name, version, title, publishers, fields, slots: slotsOf(fields) };
}

/** The slots in the order in which the schema first names them. */
function slotsOf(fields) {
  const slots = new Map();
  for (const { name, class: fieldClass, slot, grouped } of fields) {
    if (slot === null) continue;
    if (!slots.has(slot)) slots.set(slot, { name: slot, class: fieldClass, grouped, fields: [] });
    slots.get(slot).fields.push(name);
  }
  return [...slots.values()];
}
