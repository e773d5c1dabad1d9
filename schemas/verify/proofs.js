// What a production rests on: the policy, the signed checkpoints, and the list of all leaves.

import { sameBytes, textOf } from './bytes.js';
import { Fault, must } from './fault.js';
import { checkRoots, parseLeaves } from './leaves.js';
import { isOrigin } from './names.js';
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

/**
 * Checks `trusted-key`, `checkpoint`, `consistency` and `leaves`: { policy, origin, policies, fingerprint, checkpoint, searched, rows }, null
 * where there is none. `policies` are the package's own and the one from elsewhere, all of which must open a checkpoint.
 */
export async function checkProofs(files, findings, trusted) {
  const policy = await findings.attempt('trusted-key', { file: FILES.policy }, () => readPolicy(files));
  checkTrustedKey(policy, findings, trusted);
  const policies = [policy, trusted?.policy].filter(Boolean);
  const checkpoint = await checkCheckpoint(files, findings, policies, FILES.checkpoint);
  const searched = await checkCheckpoint(files, findings, policies, FILES.searched);
  const origin = policy !== null && isOrigin(policy.origin) ? policy.origin : null;
  const proofs = { policy, origin, policies, fingerprint: policy && fingerprint(policy.log), checkpoint, searched, rows: null };
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

/**
 * Reads what whoever checks has from elsewhere: the log's key, or a whole policy, which must then be met too. Gives { log, policy }; null where
 * nothing was given. Fault `vkey` or `policy` where it is neither.
 */
export function readTrusted(text) {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return null;
  if (!/\s/.test(trimmed)) return { log: parseVkey(trimmed), policy: null };
  const policy = parsePolicy(trimmed);
  return { log: policy.log, policy };
}

function readPolicy(files) {
  const text = textOf(contentOf(files, FILES.policy, 'policy'));
  must(text !== null, 'policy', 'it is not UTF-8');
  return parsePolicy(text);
}

function checkTrustedKey(policy, findings, trusted) {
  if (!policy) return;
  findings.expect(isOrigin(policy.origin), 'trusted-key', 'its log has no name that a ledger can have', { file: FILES.policy });
  if (trusted === null) {
    findings.leaveOpen('trusted-key');
    return;
  }
  const [log, given] = [policy.log, trusted.log];
  const same = log.name === given.name && log.type === given.type && sameBytes(log.key.bytes, given.key.bytes);
  findings.expect(same, 'trusted-key', 'the key of the log in this package is not the one that you gave', { file: FILES.policy });
}

/** The checkpoint in a file, verified or not: later checks look at it either way, and what is wrong with it decides the verdict. */
async function checkCheckpoint(files, findings, policies, file) {
  await findings.attempt('checkpoint', { file }, async () => {
    must(policies.length > 0, 'checkpoint', 'there is no policy to check its signature by');
    for (const policy of policies) await openCheckpoint(policy, contentOf(files, file, 'checkpoint'));
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
