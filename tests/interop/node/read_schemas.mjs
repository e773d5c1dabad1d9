// Reads schemas/ with outside software: asyncapi.yaml against the published JSON Schema of AsyncAPI 3.0 (npm @asyncapi/specs), and each
// event type with npm ajv: its examples are valid, its counter-example is not.
// Argument: the folder `schemas`. Ends with status 1 at the first disagreement.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const schemas = process.argv[2];

function disagree(message) {
  console.error(`DISAGREE: ${message}`);
  process.exit(1);
}

function everyRef(value, found = []) {
  if (value === null || typeof value !== 'object') return found;
  if (typeof value.$ref === 'string') found.push(value.$ref);
  Object.values(value).forEach((member) => everyRef(member, found));
  return found;
}

function checkBus(types) {
  // The bundle brings the meta-schema of draft 07 with it, so Ajv must not add its own.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats(ajv);
  const valid = ajv.compile(specs.schemas['3.0.0']);
  const bus = parse(readFileSync(join(schemas, 'asyncapi.yaml'), 'utf8'));
  if (!valid(bus)) disagree(`asyncapi.yaml: ${ajv.errorsText(valid.errors)}`);
  const broken = structuredClone(bus);
  broken.operations.receiveEvents.action = 'listen';
  if (valid(broken)) disagree('asyncapi.yaml with an action that does not exist is taken');

  for (const ref of everyRef(bus)) {
    const steps = ref.startsWith('#/') ? ref.slice(2).split('/') : null;
    const there = steps ? steps.reduce((at, step) => at?.[step], bus) : existsSync(join(schemas, ref));
    if (!there) disagree(`asyncapi.yaml refers to ${ref}, which is not there`);
  }
  for (const file of types) {
    const listed = Object.values(bus.components.messages).some(
      (message) => message.payload.schema?.contentSchema?.$ref === `./events/${file}`,
    );
    if (!listed) disagree(`asyncapi.yaml has no message for ${file}`);
  }
}

// The formats of Daybook that decide about a counter-example; the others are told by their patterns.
function dayExists(text) {
  const day = text.slice(0, 10);
  const read = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(read.valueOf()) && read.toISOString().startsWith(day);
}

function checkTypes(types) {
  const ajv = new Ajv2020({ strict: false });
  for (const format of ['digest', 'jti', 'issuer', 'origin', 'period', 'vkey', 'language', 'matter', 'type', 'finding']) {
    ajv.addFormat(`daybook-${format}`, true);
  }
  ajv.addFormat('daybook-day', dayExists);
  ajv.addFormat('daybook-time', dayExists);
  const read = (file) => JSON.parse(readFileSync(join(schemas, 'events', file), 'utf8'));
  ajv.addSchema(read('common.json'), 'common.json');
  for (const file of types) {
    const schema = read(file);
    const valid = ajv.compile(schema);
    for (const example of schema.examples) {
      if (!valid(example)) disagree(`${file}: its example is refused: ${ajv.errorsText(valid.errors)}`);
    }
    const { code, value } = schema['x-counter-example'];
    // Forbidden data is found by looking at words and numbers, which no schema does.
    if (valid(value) !== (code === 'forbidden-data')) disagree(`${file}: its counter-example (${code})`);
  }
}

const types = readdirSync(join(schemas, 'events')).filter((file) => /\.v[0-9]+\.json$/.test(file));
if (types.length === 0) disagree('no event types');
checkBus(types);
checkTypes(types);
console.log(`@asyncapi/specs, ajv (npm): the bus and ${types.length} event types with their examples, a broken copy refused`);
