// Checks what a Daybook ledger writes, in a browser or in Node 20 or later: no dependency, no network, nothing to trust but keys.
//
//   import { verifyProduction, zipSource, blobFile } from './verify.js';
//   const { report } = await verifyProduction(() => zipSource(blobFile(file)), { trustedKey });
//   report.ok, report.code, report.checks
//
// The formats are in formats.md and production.md beside this file; each module under verify/ implements a part of them and says which.
// A fault is an exception with a `code` and a sentence (verify/fault.js).

export { Fault } from './verify/fault.js';
export { fromBase64, fromBase64Url, toBase64, toBase64Url, toHex, utf8 } from './verify/bytes.js';
export { sha256, sha512 } from './verify/sha2.js';
export { readPublicKey, verifySignature, verifyStrict, webCryptoIsStrict } from './verify/ed25519.js';
export { parseJson } from './verify/json.js';
export { Frontier, leafHash, nodeHash, provesConsistency, provesInclusion } from './verify/tree.js';
export { fingerprint, parseCheckpoint, parseHash, parseNote, parseVkey } from './verify/note.js';
export { openCheckpoint, parsePolicy, policyOfKey } from './verify/policy.js';
export { parseEntry, parseProof, verifyReceipt } from './verify/proof.js';
export { parseEvent, parseJwt, showEvent } from './verify/event.js';
export { Registry, covers, readSealing, thumbprint } from './verify/registry.js';
export { blobFile, bytesFile, folderSource, zipSource } from './verify/source.js';
export { CHECKS } from './verify/findings.js';
export { verifyProduction } from './verify/production.js';
