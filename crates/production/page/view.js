// What the page shows of a production that was checked: plain values, which travel from the worker to the page.

import { toHex } from '../../../schemas/verify/bytes.js';
import { plain } from '../../../schemas/verify/json.js';

/** The report, the records handed over, those they rest on, and what is held back. */
export function viewOf({ report, records, redactions, withheld, said }) {
  const readable = records.filter(({ shown }) => shown).sort((a, b) => a.index - b.index);
  const documents = (roles) => readable.filter(({ role }) => roles.includes(role)).map((record) => documentOf(record, redactions));
  return {
    report,
    natives: documents(['native']),
    authorities: documents(['authority', 'statement', 'bag']),
    withheld: withheld.map((row) => ({ ...row, leaf: toHex(row.leaf) })),
    said: said && plain(said),
  };
}

function documentOf({ file, role, named, index, leaf, token, shown, received }, redactions) {
  const { claims, kid } = token;
  const { iss, seq, jti, period, event, v } = claims;
  const value = (name) => (shown.fields.has(name) ? plain(shown.fields.get(name)) : undefined);
  const groups = groupsOf(shown, value, (slot) => redactions.get(`${named} ${slot}`));
  const bates = role === 'native' ? named : null;
  const occurred = value('occurred_at') ?? null;
  const title = shown.type.title;
  return { file, role, bates, index, leaf: toHex(leaf), iss, seq, kid, jti, period, event, v, title, occurred, received, groups };
}

/** The public fields first, then the slots in the order of the type; each group is shown or withheld together. */
function groupsOf({ type, slots }, value, rowOf) {
  const fieldsOf = (accept) =>
    type.fields.filter(accept).map(({ name, title }) => ({ name, title, value: value(name) }));
  const open = { name: null, class: 'P', state: 'shown', fields: fieldsOf((field) => field.class === 'P') };
  const rest = slots.map((slot) => {
    const group = { name: slot.name, class: slot.class, commitment: slot.commitment, fields: fieldsOf((field) => field.slot === slot.name) };
    if (slot.disclosed) return { ...group, state: slot.empty ? 'absent' : 'shown' };
    const { state = 'withheld', reason = '', authority = '', label = '', orderedBy = '' } = rowOf(slot.name) ?? {};
    return { ...group, state, reason, authority, label, orderedBy };
  });
  return [open, ...rest];
}
