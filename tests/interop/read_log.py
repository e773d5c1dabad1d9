#!/usr/bin/env python3
"""Read an exported ledger with libraries that share no code with Daybook.

aics-tlog checks the checkpoint's signature, every tile and entry bundle, inclusion and
consistency; pymerkle computes roots of its own. Ends with status 1 at the first disagreement.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

import aics_tlog
from aics_tlog.tiles import FileSystemTileReader, consistency_proof_from_tiles, inclusion_proof_from_tiles
from pymerkle import InmemoryTree

# Proofs are checked for about this many indexes and sizes, spread evenly, with the edges always among them.
SAMPLES = 200


def disagree(message):
    sys.exit(f"DISAGREE: {message}")


def log_key(policy):
    """The one `log` line of a C2SP tlog-policy."""
    lines = [line.split() for line in policy.read_text().splitlines()]
    keys = [words[1] for words in lines if len(words) >= 2 and words[0] == "log"]
    if len(keys) != 1:
        disagree(f"{policy} names {len(keys)} logs, expected one")
    return aics_tlog.parse_vkey(keys[0])


def open_checkpoint(note, key):
    parsed = aics_tlog.parse_note(note)
    verdict = aics_tlog.verify_checkpoint(parsed, key)
    if not verdict.ok:
        disagree(f"aics-tlog refuses the checkpoint: {verdict}")
    return aics_tlog.parse_checkpoint(parsed.text)


def refuses_changed_note(note, key):
    """An oracle that accepts anything proves nothing: it must refuse a changed note."""
    lines = note.decode().split("\n")
    lines[1] = str(int(lines[1]) + 1)
    changed = "\n".join(lines).encode()
    try:
        accepted = aics_tlog.verify_checkpoint(aics_tlog.parse_note(changed), key).ok
    except ValueError:
        accepted = False
    if accepted:
        disagree("aics-tlog accepts a checkpoint whose size was changed")


def spread(first, end):
    """Up to SAMPLES numbers of [first, end), both edges among them."""
    count = end - first
    step = max(1, count // SAMPLES)
    edge = {first, end - 1} if count > 0 else set()
    return sorted(edge | set(range(first, end, step)))


def pymerkle_roots(entries, sizes):
    tree = InmemoryTree(algorithm="sha256")
    wanted, roots = set(sizes), {}
    for count, entry in enumerate(entries, start=1):
        tree.append_entry(entry)
        if count in wanted:
            roots[count] = tree.get_state()
    return roots


def check_chain(entries, origin):
    """The hash chain of schemas/formats.md, walked with nothing but hashlib."""
    previous = hashlib.sha256(origin.encode()).digest()
    for index, entry in enumerate(entries):
        said = json.loads(entry)["prev"]
        if base64.urlsafe_b64decode(said + "=") != previous:
            disagree(f"entry {index} does not name the hash of the entry before it")
        previous = hashlib.sha256(b"\x00" + entry).digest()


def check_receipt(path, key):
    """A receipt proves its entry by itself: entry bytes, path and signed checkpoint."""
    receipt = json.loads(path.read_bytes())
    head, _, note = receipt["proof"].partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        disagree(f"{path.name} does not hold a C2SP tlog-proof")
    index = int(lines[1].removeprefix("index "))
    checkpoint = open_checkpoint(note.encode(), key)
    hashes = [base64.b64decode(line, validate=True) for line in lines[2:]]
    entry = receipt["entry"].encode()
    if not aics_tlog.verify_leaf_inclusion(entry, index, checkpoint.size, hashes, checkpoint.root):
        disagree(f"{path.name}: the path does not lead to the checkpoint's root")
    return index, entry


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--export", type=Path, required=True, help="directory made by `daybook log export`")
    options.add_argument("--policy", type=Path, required=True, help="the ledger's trust.policy")
    options.add_argument("--older", type=Path, help="an earlier checkpoint of the same log")
    options.add_argument("--receipts", type=Path, help="directory of .receipt files")
    args = options.parse_args()

    key = log_key(args.policy)
    note = (args.export / "checkpoint").read_bytes()
    checkpoint = open_checkpoint(note, key)
    refuses_changed_note(note, key)
    print(f"aics-tlog: checkpoint of {checkpoint.origin}, size {checkpoint.size}, signature good")

    reader = FileSystemTileReader(args.export)
    report = aics_tlog.audit_tiles(reader, checkpoint.size, checkpoint.root)
    print(f"aics-tlog: {report.tiles} tiles and {report.bundles} entry bundles lead to the root")

    entries = [aics_tlog.read_entry(reader, i, checkpoint.size) for i in range(checkpoint.size)]
    check_chain(entries, checkpoint.origin)
    print(f"hashlib: chain of {len(entries)} entries unbroken")

    sizes = spread(1, checkpoint.size + 1)
    tree = aics_tlog.MerkleTree(entries)
    for size, root in pymerkle_roots(entries, sizes).items():
        if root != tree.root(size):
            disagree(f"pymerkle and aics-tlog compute different roots at size {size}")
    if tree.root() != checkpoint.root:
        disagree("the entries do not hash to the signed root")
    print(f"pymerkle: same root as aics-tlog at {len(sizes)} sizes, the signed one at {checkpoint.size}")

    for index in spread(0, checkpoint.size):
        proof = inclusion_proof_from_tiles(reader, index, checkpoint.size)
        if not aics_tlog.verify_leaf_inclusion(entries[index], index, checkpoint.size, proof, checkpoint.root):
            disagree(f"no inclusion proof for entry {index}")
    for size in sizes:
        proof = consistency_proof_from_tiles(reader, size, checkpoint.size)
        old = tree.root(size)
        if not aics_tlog.verify_consistency(size, checkpoint.size, old, checkpoint.root, proof):
            disagree(f"no consistency proof from size {size}")
    print(f"aics-tlog: inclusion of {len(spread(0, checkpoint.size))} entries, consistency from {len(sizes)} sizes")

    if args.older:
        old = open_checkpoint(args.older.read_bytes(), key)
        proof = consistency_proof_from_tiles(reader, old.size, checkpoint.size)
        if not aics_tlog.verify_consistency(old.size, checkpoint.size, old.root, checkpoint.root, proof):
            disagree(f"the checkpoint of size {old.size} is not a prefix of that of size {checkpoint.size}")
        print(f"aics-tlog: checkpoint of size {old.size} is a prefix of that of size {checkpoint.size}")

    if args.receipts:
        files = sorted(args.receipts.rglob("*.receipt"))
        if not files:
            disagree(f"no .receipt file under {args.receipts}")
        for path in files:
            index, entry = check_receipt(path, key)
            if index >= len(entries) or entries[index] != entry:
                disagree(f"{path.name} holds an entry that the log does not have at {index}")
        print(f"aics-tlog: {len(files)} receipts prove their entries")


if __name__ == "__main__":
    main()
