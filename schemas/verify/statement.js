// What the ledger itself says of a production (production.md, "Statement"), and whether the package is the one it speaks of.

import { BAG_RECORD, TAG_MANIFEST } from './bag.js';
import { fromHexOf, toBase64Url } from './bytes.js';
import { must } from './fault.js';
import { ACCESS } from './names.js';
import { STATEMENT } from './package.js';

/** Checks `statement`. Gives the fields of the statement as a Map, or null where it cannot be read. */
export async function checkStatement(records, findings, { searched, rows }, { files, top }) {
  const statement = records.find(({ role }) => role === 'statement');
  const said = ledgerFields(statement, 'production.opened');
  const claim = (holds, what) => findings.expect(holds, 'statement', what, { file: STATEMENT });
  if (claim(said !== null, 'it is not a readable production.opened of ledger/access')) {
    const hidden = statement.shown.slots.some((slot) => slot.class === 'R' && !slot.disclosed);
    const found = rows?.filter(({ state }) => ['produced', 'withheld'].includes(state)).length;
    claim(!hidden, 'a restricted slot of it is not disclosed');
    claim(said.get('searched_size') === searched?.size, 'its searched_size is not the size of checkpoint-searched.txt');
    claim(said.get('found') === found, 'its number of entries found is not that of leaves.csv');
    claim(top === null || said.get('production') === top, 'the production that it names is not the name of the top folder');
  }
  const bagRecord = records.find(({ role }) => role === 'bag');
  await findings.attempt('statement', { file: BAG_RECORD }, () => checkBagRecord(bagRecord, said, files));
  return said;
}

function checkBagRecord(record, said, files) {
  const built = ledgerFields(record, 'production.built');
  must(built !== null, 'statement', 'it is not a readable production.built of ledger/access');
  const name = said?.get('production');
  must(name !== undefined && built.get('production') === name, 'statement', 'it names another production than the statement');
  const digest = fromHexOf(files.digests.get(TAG_MANIFEST)?.sha256 ?? '', 32);
  const same = digest !== null && built.get('bag_hash') === toBase64Url(digest);
  must(same, 'statement', `the hash that the ledger recorded is not that of ${TAG_MANIFEST}: this is not the package that was built`);
}

/** The fields that a record shows, where it is an event of this type by ledger/access; else null. */
export function ledgerFields(record, event) {
  const { token, shown } = record ?? {};
  return shown && token.claims.event === event && token.claims.iss === ACCESS ? shown.fields : null;
}
