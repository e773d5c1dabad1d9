// leaves.csv (production.md, "Leaves"): every leaf of the log, and whether it was produced. From its rows follow the roots of both
// checkpoints, so that no leaf can be left out.

import { decimal, fromHexOf, sameBytes } from './bytes.js';
import { must } from './fault.js';
import { readCsv } from './tables.js';
import { Frontier, HASH_BYTES } from './tree.js';

/** States that are given leaf by leaf; the others are joined into the largest subtrees that the rules allow. */
const SINGLE_STATES = ['produced', 'withheld', 'authority'];
const STATES = [...SINGLE_STATES, 'not_responsive', 'later'];

/** Reads the rows: { first, count, hash, state }, in order and without gap. Fault: `leaves`. */
export function parseLeaves(bytes, searchedSize) {
  let [next, before] = [0, null];
  return readCsv(bytes, ['first', 'count', 'hash', 'state'], 'leaves').map((values, at) => {
    const row = parseRow(values, `line ${at + 2}`);
    must(row.first === next, 'leaves', `line ${at + 2} does not begin where the row before it ends`);
    const fits = fitsSide(row.state, row.first, searchedSize) && fitsSide(row.state, row.first + row.count - 1, searchedSize);
    must(fits, 'leaves', `line ${at + 2} has a state that leaves on its side of the search cannot have, or lies on both sides`);
    must(before === null || !areHalves(before, row), 'leaves', `line ${at + 2} is not joined with the row before it`);
    [next, before] = [row.first + row.count, row];
    return row;
  });
}

function parseRow(values, line) {
  const [first, count, hash, state] = [decimal(values[0]), decimal(values[1]), fromHexOf(values[2], HASH_BYTES), values[3]];
  must(first !== null && count !== null && hash !== null && STATES.includes(state), 'leaves', `${line} is malformed`);
  must(isPowerOfTwo(count) && first % count === 0, 'leaves', `${line} is not a complete subtree`);
  must(count === 1 || !SINGLE_STATES.includes(state), 'leaves', `${line} joins leaves that stand alone`);
  return { first, count, hash, state };
}

/** Leaves below the searched size are never `later`, leaves from there on are `later` or `authority`. */
function fitsSide(state, leaf, searchedSize) {
  return state === 'authority' || (state === 'later') === (leaf >= searchedSize);
}

/** Whether two neighbouring rows are the halves of one subtree that should have been one row. */
function areHalves(left, right) {
  const alike = left.state === right.state && left.count === right.count && !SINGLE_STATES.includes(left.state);
  return alike && left.first % (2 * left.count) === 0;
}

function isPowerOfTwo(n) {
  return n > 0 && 2 ** Math.round(Math.log2(n)) === n;
}

/** The rows give the roots of both checkpoints. Fault: `leaves`. */
export function checkRoots(rows, searched, checkpoint) {
  const tree = new Frontier();
  let searchedRoot = searched.size === 0 ? tree.root() : null;
  for (const { count, hash } of rows) {
    tree.push(count, hash);
    if (tree.size === searched.size) searchedRoot = tree.root();
  }
  must(tree.size === checkpoint.size, 'leaves', 'the rows do not cover the log up to its checkpoint');
  must(sameBytes(tree.root(), checkpoint.root), 'leaves', "the rows do not give the checkpoint's root");
  const fits = searchedRoot !== null && sameBytes(searchedRoot, searched.root);
  must(fits, 'leaves', 'the rows do not give the root of the checkpoint that was searched');
}
