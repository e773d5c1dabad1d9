// What is wrong with the bytes at hand. Verdicts are made of these; any other exception is a mistake in this program.

/** A refusal: `code` where formats.md or production.md names one, and a sentence. Never holds a value out of an event. */
export class Fault extends Error {
  constructor(code, sentence) {
    super(sentence ?? code);
    this.name = 'Fault';
    this.code = code;
  }
}

/** Runs `look`; the fault that it throws, or null. */
export function faultOf(look) {
  try {
    look();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** Throws unless `holds`. */
export function must(holds, code, sentence) {
  if (!holds) throw new Fault(code, sentence);
}
