// The files of a package that is being checked: each is read once, hashed, and kept where a later check looks into it.

import { BAG_RECORD, digestsOf, isTagFile } from './bag.js';
import { Fault } from './fault.js';

const NATIVE = /^data\/VOL001\/NATIVES\/NATIVE[0-9]{3,}\/([^/]+)\.json$/;
const AUTHORITY = /^data\/PROOFS\/AUTHORITY\/(0|[1-9][0-9]*)\.json$/;
/** Kept in memory after it was hashed: everything but renderings and papers. */
const KEPT = /^(?:[^/]+|data\/(?:VOL001\/(?:DATA|NATIVES)|LOGS|PROOFS)\/.+)$/;

/** The ledger's own statement about a production. */
export const STATEMENT = 'data/PROOFS/statement.json';

/** Reads every file, and tells `progress` how many bytes are done. What cannot be read is a fault of `package`. */
export async function readPackage(source, findings, progress) {
  const files = new Package(source.names());
  let done = 0;
  for (const name of files.names()) {
    const bytes = await findings.attempt('package', { file: name }, () => readFile(source, name));
    if (bytes === null) continue;
    files.digests.set(name, await digestsOf(bytes));
    if (KEPT.test(name)) files.bytes.set(name, bytes);
    done += bytes.length;
    files.size = done;
    await progress({ stage: 'files', done, total: source.bytes });
  }
  return files;
}

async function readFile(source, name) {
  try {
    return await source.read(name);
  } catch (error) {
    // A file that vanished, or a disk that fails: the package cannot be read, which is a verdict and no mistake of this program.
    throw error instanceof Fault ? error : new Fault('package', 'it cannot be read');
  }
}

class Package {
  constructor(names) {
    this.all = names;
    /** Bytes of all files. */
    this.size = 0;
    /** Name → { sha256, sha512 }, as hex, of every file that could be read. */
    this.digests = new Map();
    /** Name → content, for what later checks look into. */
    this.bytes = new Map();
  }

  names() {
    return this.all;
  }

  read(name) {
    return this.bytes.get(name) ?? null;
  }

  payload() {
    return new Set(this.names().filter((name) => name.startsWith('data/')));
  }

  tagFiles() {
    return new Set(this.names().filter(isTagFile));
  }

  /** The records: { file, role, named }, where `named` is the Bates number or the index that the file's name gives. */
  records() {
    return this.names().flatMap((file) => {
      if (file === BAG_RECORD) return [{ file, role: 'bag', named: null }];
      if (file === STATEMENT) return [{ file, role: 'statement', named: null }];
      if (file.startsWith('data/VOL001/NATIVES/')) return [{ file, role: 'native', named: NATIVE.exec(file)?.[1] ?? null }];
      if (file.startsWith('data/PROOFS/AUTHORITY/')) return [{ file, role: 'authority', named: AUTHORITY.exec(file)?.[1] ?? null }];
      return [];
    });
  }
}
