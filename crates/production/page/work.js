// The check itself, away from the page where the browser allows it: in a worker made of this page's own program, else in the page, in
// slices.

import { Fault } from '../../../schemas/verify/fault.js';
import { verifyProduction } from '../../../schemas/verify/production.js';
import { MAX_NATIVES_BYTES, nativesBytes, openChosen } from './files.js';
import { viewOf } from './view.js';

const TELL_EVERY_MS = 100;
const SLICE_MS = 40;

/** Checks what was chosen. Gives { view }, { tooLarge } with the bytes of the natives, or { badKey } with a sentence. */
async function check(chosen, trustedKey, tell) {
  try {
    const source = await openOrFault(chosen);
    const bytes = source instanceof Fault ? 0 : nativesBytes(source);
    if (bytes > MAX_NATIVES_BYTES) return { tooLarge: bytes };
    const open = () => (source instanceof Fault ? Promise.reject(source) : source);
    return { view: viewOf(await verifyProduction(open, { trustedKey, progress: tell })) };
  } catch (error) {
    if (error instanceof Fault && ['vkey', 'policy'].includes(error.code)) return { badKey: error.message };
    throw error;
  }
}

async function openOrFault(chosen) {
  try {
    return await openChosen(chosen);
  } catch (error) {
    if (error instanceof Fault) return error;
    return new Fault('package', 'what was chosen cannot be read');
  }
}

/** What the worker does: one check for each message. */
export function serveChecks() {
  onmessage = async ({ data }) => {
    let last = 0;
    const tell = (progress) => {
      if (performance.now() - last < TELL_EVERY_MS) return;
      last = performance.now();
      postMessage({ progress });
    };
    try {
      postMessage({ result: await check(data.chosen, data.trustedKey, tell) });
    } catch (error) {
      postMessage({ broken: String(error?.stack ?? error) });
    }
  };
}

/** Checks in a worker; where there can be none, here. */
export async function checkAside(chosen, trustedKey, tell) {
  const worker = await startWorker();
  if (!worker) return check(chosen, trustedKey, pausing(tell));
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }) => {
        if (data.progress) tell(data.progress);
        else if (data.result) resolve(data.result);
        else reject(new Error(data.broken));
      };
      worker.postMessage({ chosen, trustedKey });
    });
  } finally {
    worker.terminate();
  }
}

/** A worker that runs the program of this page, or null. */
async function startWorker() {
  try {
    const program = document.getElementById('program').textContent;
    const address = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
    const worker = new Worker(address);
    const started = await new Promise((resolve) => {
      worker.onmessage = () => resolve(true);
      worker.onerror = () => resolve(false);
    });
    URL.revokeObjectURL(address);
    return started ? worker : null;
  } catch {
    return null;
  }
}

/** Lets the page breathe between slices of work. */
function pausing(tell) {
  let last = performance.now();
  return async (progress) => {
    if (performance.now() - last < SLICE_MS) return;
    tell(progress);
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
