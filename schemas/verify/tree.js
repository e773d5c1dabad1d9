// The Merkle tree of RFC 6962, and its proofs as RFC 9162 sections 2.1.3.2 and 2.1.4.2 check them. Indices and sizes are whole
// numbers below 2^53, so they are halved and not shifted.

import { joinBytes, sameBytes, utf8 } from './bytes.js';
import { sha256 } from './sha2.js';

/** Most hashes in a path. */
export const MAX_PATH_HASHES = 64;
/** Bytes of a hash. */
export const HASH_BYTES = 32;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const half = (n) => Math.floor(n / 2);
const isOdd = (n) => n % 2 === 1;

/** The root of the tree without leaves. */
export const emptyRoot = () => sha256(new Uint8Array(0));

/** The hash of an entry, given as text. */
export function leafHash(entry) {
  return sha256(joinBytes(LEAF, utf8(entry)));
}

/** The hash of an inner node. */
export function nodeHash(left, right) {
  return sha256(joinBytes(NODE, left, right));
}

/** Whether `leaf` is number `index` of the tree with this size and root. */
export function provesInclusion(index, size, leaf, path, root) {
  if (index >= size) return false;
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      // Where the node was promoted, the levels without a sibling are passed over.
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && sameBytes(hash, root);
}

/**
 * Whether the tree of the new size and root starts with the tree of the old size and root. Two cases that the RFC leaves out: with equal
 * sizes the roots are equal and the path empty; from 0 the old root is that of the empty tree and the path empty.
 */
export function provesConsistency(oldSize, newSize, oldRoot, newRoot, path) {
  if (oldSize > newSize) return false;
  if (oldSize === newSize || oldSize === 0) {
    return path.length === 0 && sameBytes(oldRoot, oldSize === newSize ? newRoot : emptyRoot());
  }
  let [node, last] = [oldSize - 1, newSize - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // Where the old tree is one complete subtree, its root is the first hash, and is left out of the proof.
  const rest = node === 0 ? path : path.slice(1);
  if (node !== 0 && path.length === 0) return false;
  const first = node === 0 ? oldRoot : path[0];
  let [oldHash, newHash] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      [oldHash, newHash] = [nodeHash(hash, oldHash), nodeHash(hash, newHash)];
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newHash = nodeHash(newHash, hash);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && sameBytes(oldHash, oldRoot) && sameBytes(newHash, newRoot);
}

/** A tree that grows by complete subtrees, each where it belongs: keeps the roots of the complete subtrees on its right edge. */
export class Frontier {
  constructor() {
    this.size = 0;
    /** Complete subtrees from the left, each with its number of leaves. */
    this.parts = [];
  }

  /** Adds a complete subtree of `count` leaves, a power of two that divides the size so far. */
  push(count, hash) {
    this.parts.push({ count, hash });
    this.size += count;
    for (;;) {
      const [left, right] = this.parts.slice(-2);
      if (!right || left.count !== right.count) return;
      this.parts.splice(-2, 2, { count: 2 * left.count, hash: nodeHash(left.hash, right.hash) });
    }
  }

  /** The root over everything so far. */
  root() {
    if (this.parts.length === 0) return emptyRoot();
    return this.parts.map(({ hash }) => hash).reduceRight((right, left) => nodeHash(left, right));
  }
}
