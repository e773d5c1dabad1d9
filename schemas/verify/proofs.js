// What a production rests on: the policy, the signed checkpoints, and the list of all leaves.

import { sameBytes, textOf } from './bytes.js';
import { Fault, must } from './fault.js';
import { checkRoots, parseLeaves } from './leaves.js';
import { fingerprint, parseCheckpoint, parseNote, parseVkey } from './note.js';
import { openCheckpoint, parsePolicy } from './policy.js';
import { parseConsistency } from './record.js';
import { provesConsistency } from './tree.js';

const FILES = {
  policy: 'data/PROOFS/policy.txt',
  checkpoint: 'data/PROOFS/checkpoint.txt',
  searched: 'data/PROOFS/checkpoint-searched.txt',
  consistency: 'data/PROOFS/consistency.json',
  leaves: 'data/PROOFS/leaves.csv',
};

/** Checks `trusted-key`, `checkpoint`, `consistency` and `leaves`: { policy, fingerprint, checkpoint, searched, rows }, each null where it cannot be read. */
export async function checkProofs(files, findings, trusted) {
  const policy = await findings.attempt('trusted-key', { file: FILES.policy }, () => readPolicy(files));
  checkTrustedKey(policy, findings, trusted);
  const checkpoint = await checkCheckpoint(files, findings, policy, FILES.checkpoint);
  const searched = await checkCheckpoint(files, findings, policy, FILES.searched);
  const proofs = { policy, fingerprint: policy && fingerprint(policy.log), checkpoint, searched, rows: null };
  if (!checkpoint || !searched) {
    ['consistency', 'leaves'].forEach((code) => findings.notDone(code));
    return proofs;
  }
  await findings.attempt('consistency', { file: FILES.consistency }, () => checkConsistency(files, searched, checkpoint));
  await findings.attempt('leaves', { file: FILES.leaves }, () => {
    proofs.rows = parseLeaves(contentOf(files, FILES.leaves, 'leaves'), searched.size);
    checkRoots(proofs.rows, searched, checkpoint);
  });
  return proofs;
}

/** Reads the key that whoever checks has from elsewhere; null where none was given. Fault `vkey` where it is none. */
export function readTrustedKey(text) {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : parseVkey(trimmed);
}

function readPolicy(files) {
  const text = textOf(contentOf(files, FILES.policy, 'policy'));
  must(text !== null, 'policy', 'it is not UTF-8');
  return parsePolicy(text);
}

function checkTrustedKey(policy, findings, trusted) {
  if (!policy) return;
  if (trusted === null) {
    findings.leaveOpen('trusted-key');
    return;
  }
  const { log } = policy;
  const same = log.name === trusted.name && log.type === trusted.type && sameBytes(log.key.bytes, trusted.key.bytes);
  findings.expect(same, 'trusted-key', 'the key of the log in this package is not the one that you gave', { file: FILES.policy });
}

/** The checkpoint in a file, verified or not: later checks look at it either way, and what is wrong with it decides the verdict. */
async function checkCheckpoint(files, findings, policy, file) {
  await findings.attempt('checkpoint', { file }, () => {
    must(policy !== null, 'checkpoint', 'there is no policy to check its signature by');
    return openCheckpoint(policy, contentOf(files, file, 'checkpoint'));
  });
  try {
    return parseCheckpoint(parseNote(textOf(contentOf(files, file, 'checkpoint')) ?? '').text);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

function checkConsistency(files, searched, checkpoint) {
  const { from, to, path } = parseConsistency(contentOf(files, FILES.consistency, 'consistency'));
  must(from === searched.size && to === checkpoint.size, 'consistency', 'it is a proof between other sizes');
  const proved = provesConsistency(from, to, searched.root, checkpoint.root, path);
  must(proved, 'consistency', 'the log that was searched is not the beginning of the log of the checkpoint');
}

function contentOf(files, name, code) {
  const bytes = files.read(name);
  if (bytes === null) throw new Fault(code, 'it is missing');
  return bytes;
}
