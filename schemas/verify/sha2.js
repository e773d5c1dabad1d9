// SHA-256 and SHA-512 (FIPS 180-4). For the small inputs of a log plain JavaScript is quicker than a call to WebCrypto; whole
// files go to WebCrypto where there is one.

const SMALL_BYTES = 4096;
const subtle = globalThis.crypto?.subtle;

/** SHA-256 of bytes, at once. */
export function sha256(bytes) {
  const state = Uint32Array.from(INITIAL_256);
  const words = new Uint32Array(64);
  forEachBlock(bytes, 64, (view, at) => compress256(state, words, view, at));
  return bigEndian(state);
}

/** SHA-512 of bytes, at once. Slow for much data. */
export function sha512(bytes) {
  const state = Uint32Array.from(INITIAL_512);
  const words = new Uint32Array(160);
  forEachBlock(bytes, 128, (view, at) => compress512(state, words, view, at));
  return bigEndian(state);
}

/** SHA-256 of bytes of any length, by whichever way is quicker. */
export async function digest256(bytes) {
  if (!subtle || bytes.length <= SMALL_BYTES) return sha256(bytes);
  return new Uint8Array(await subtle.digest('SHA-256', bytes));
}

/** SHA-512 of bytes of any length, by whichever way is quicker. */
export async function digest512(bytes) {
  if (!subtle) return sha512(bytes);
  return new Uint8Array(await subtle.digest('SHA-512', bytes));
}

/** Calls `take` with a DataView and the place of each block of the padded message. */
function forEachBlock(bytes, blockBytes, take) {
  const whole = bytes.length - (bytes.length % blockBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, whole);
  for (let at = 0; at < whole; at += blockBytes) take(view, at);
  const rest = bytes.length - whole;
  // One bit, zeros, and the length in bits in the last 8 bytes; lengths here stay far below 2^53.
  const lengthBytes = blockBytes / 8;
  const tail = new DataView(new ArrayBuffer(rest + 1 + lengthBytes > blockBytes ? 2 * blockBytes : blockBytes));
  new Uint8Array(tail.buffer).set(bytes.subarray(whole));
  tail.setUint8(rest, 0x80);
  tail.setUint32(tail.byteLength - 8, Math.floor(bytes.length / 0x20000000));
  tail.setUint32(tail.byteLength - 4, (bytes.length * 8) >>> 0);
  for (let at = 0; at < tail.byteLength; at += blockBytes) take(tail, at);
}

function bigEndian(words) {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => view.setUint32(4 * at, word));
  return bytes;
}

function compress256(state, w, view, at) {
  for (let t = 0; t < 16; t++) w[t] = view.getUint32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15];
    const y = w[t - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  // One by one: a pattern would make an iterator for every block, and this is where the time goes.
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K256[t] + w[t]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** SHA-512 on pairs of 32-bit words: high word first. */
function compress512(state, w, view, at) {
  for (let t = 0; t < 32; t++) w[t] = view.getUint32(at + 4 * t);
  for (let t = 32; t < 160; t += 2) {
    const s0 = xor3(w, t - 30, 1, 8, 7, true);
    const s1 = xor3(w, t - 4, 19, 61, 6, true);
    addTo(w, t, [w[t - 32], w[t - 31]], s0, [w[t - 14], w[t - 13]], s1);
  }
  const v = Uint32Array.from(state);
  for (let t = 0; t < 160; t += 2) round512(v, w, t);
  for (let i = 0; i < 16; i += 2) addTo(state, i, [state[i], state[i + 1]], [v[i], v[i + 1]]);
}

function round512(v, w, t) {
  const s1 = xor3(v, 8, 14, 18, 41, false);
  const choice = [(v[8] & v[10]) ^ (~v[8] & v[12]), (v[9] & v[11]) ^ (~v[9] & v[13])];
  const t1 = sum512([v[14], v[15]], s1, choice, [K512[t], K512[t + 1]], [w[t], w[t + 1]]);
  const s0 = xor3(v, 0, 28, 34, 39, false);
  const majority = [
    (v[0] & v[2]) ^ (v[0] & v[4]) ^ (v[2] & v[4]),
    (v[1] & v[3]) ^ (v[1] & v[5]) ^ (v[3] & v[5]),
  ];
  const e = sum512([v[6], v[7]], t1);
  const a = sum512(t1, s0, majority);
  v.copyWithin(2, 0, 14);
  [v[0], v[1]] = a;
  [v[8], v[9]] = e;
}

/** The xor of a 64-bit word turned right by r1, by r2, and turned or shifted right by r3. */
function xor3(words, at, r1, r2, r3, shift) {
  const [h, l] = [words[at], words[at + 1]];
  const [a, b] = [turn(h, l, r1), turn(h, l, r2)];
  const c = shift ? [h >>> r3, (l >>> r3) | (h << (32 - r3))] : turn(h, l, r3);
  return [a[0] ^ b[0] ^ c[0], a[1] ^ b[1] ^ c[1]];
}

function turn(h, l, by) {
  if (by > 32) return turn(l, h, by - 32);
  return [(h >>> by) | (l << (32 - by)), (l >>> by) | (h << (32 - by))];
}

function sum512(...terms) {
  let [high, low] = [0, 0];
  for (const [h, l] of terms) {
    high += h >>> 0;
    low += l >>> 0;
  }
  return [(high + Math.floor(low / 0x100000000)) >>> 0, low >>> 0];
}

function addTo(words, at, ...terms) {
  [words[at], words[at + 1]] = sum512(...terms);
}

// FIPS 180-4, 4.2.2, 5.3.3, 4.2.3 and 5.3.5: fractional parts of roots of the first primes.
const K256 = Uint32Array.from([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const INITIAL_256 = Uint32Array.from([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const K512 = Uint32Array.from([
  0x428a2f98, 0xd728ae22, 0x71374491, 0x23ef65cd, 0xb5c0fbcf, 0xec4d3b2f, 0xe9b5dba5, 0x8189dbbc,
  0x3956c25b, 0xf348b538, 0x59f111f1, 0xb605d019, 0x923f82a4, 0xaf194f9b, 0xab1c5ed5, 0xda6d8118,
  0xd807aa98, 0xa3030242, 0x12835b01, 0x45706fbe, 0x243185be, 0x4ee4b28c, 0x550c7dc3, 0xd5ffb4e2,
  0x72be5d74, 0xf27b896f, 0x80deb1fe, 0x3b1696b1, 0x9bdc06a7, 0x25c71235, 0xc19bf174, 0xcf692694,
  0xe49b69c1, 0x9ef14ad2, 0xefbe4786, 0x384f25e3, 0x0fc19dc6, 0x8b8cd5b5, 0x240ca1cc, 0x77ac9c65,
  0x2de92c6f, 0x592b0275, 0x4a7484aa, 0x6ea6e483, 0x5cb0a9dc, 0xbd41fbd4, 0x76f988da, 0x831153b5,
  0x983e5152, 0xee66dfab, 0xa831c66d, 0x2db43210, 0xb00327c8, 0x98fb213f, 0xbf597fc7, 0xbeef0ee4,
  0xc6e00bf3, 0x3da88fc2, 0xd5a79147, 0x930aa725, 0x06ca6351, 0xe003826f, 0x14292967, 0x0a0e6e70,
  0x27b70a85, 0x46d22ffc, 0x2e1b2138, 0x5c26c926, 0x4d2c6dfc, 0x5ac42aed, 0x53380d13, 0x9d95b3df,
  0x650a7354, 0x8baf63de, 0x766a0abb, 0x3c77b2a8, 0x81c2c92e, 0x47edaee6, 0x92722c85, 0x1482353b,
  0xa2bfe8a1, 0x4cf10364, 0xa81a664b, 0xbc423001, 0xc24b8b70, 0xd0f89791, 0xc76c51a3, 0x0654be30,
  0xd192e819, 0xd6ef5218, 0xd6990624, 0x5565a910, 0xf40e3585, 0x5771202a, 0x106aa070, 0x32bbd1b8,
  0x19a4c116, 0xb8d2d0c8, 0x1e376c08, 0x5141ab53, 0x2748774c, 0xdf8eeb99, 0x34b0bcb5, 0xe19b48a8,
  0x391c0cb3, 0xc5c95a63, 0x4ed8aa4a, 0xe3418acb, 0x5b9cca4f, 0x7763e373, 0x682e6ff3, 0xd6b2b8a3,
  0x748f82ee, 0x5defb2fc, 0x78a5636f, 0x43172f60, 0x84c87814, 0xa1f0ab72, 0x8cc70208, 0x1a6439ec,
  0x90befffa, 0x23631e28, 0xa4506ceb, 0xde82bde9, 0xbef9a3f7, 0xb2c67915, 0xc67178f2, 0xe372532b,
  0xca273ece, 0xea26619c, 0xd186b8c7, 0x21c0c207, 0xeada7dd6, 0xcde0eb1e, 0xf57d4f7f, 0xee6ed178,
  0x06f067aa, 0x72176fba, 0x0a637dc5, 0xa2c898a6, 0x113f9804, 0xbef90dae, 0x1b710b35, 0x131c471b,
  0x28db77f5, 0x23047d84, 0x32caab7b, 0x40c72493, 0x3c9ebe0a, 0x15c9bebc, 0x431d67c4, 0x9c100d4c,
  0x4cc5d4be, 0xcb3e42b6, 0x597f299c, 0xfc657e2a, 0x5fcb6fab, 0x3ad6faec, 0x6c44198c, 0x4a475817,
]);
const INITIAL_512 = Uint32Array.from([
  0x6a09e667, 0xf3bcc908, 0xbb67ae85, 0x84caa73b, 0x3c6ef372, 0xfe94f82b, 0xa54ff53a, 0x5f1d36f1,
  0x510e527f, 0xade682d1, 0x9b05688c, 0x2b3e6c1f, 0x1f83d9ab, 0xfb41bd6b, 0x5be0cd19, 0x137e2179,
]);
