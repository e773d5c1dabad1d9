// The curve edwards25519 (RFC 8032 section 5.1) in BigInt. Only public values pass through here, so nothing has to take the same time.

const P = (1n << 255n) - 19n;
/** The order of the prime-order group. */
export const GROUP_ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
const D = mod(-121665n * invert(121666n));
const TWICE_D = mod(2n * D);
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** A point in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
const point = (X, Y, Z, T) => ({ X, Y, Z, T });
/** The neutral element. */
export const NEUTRAL = point(0n, 1n, 1n, 0n);
/** The base point B. */
export const BASE = decodePoint(littleEndian(mod(4n * invert(5n))));

const BASE_MULTIPLES = multiplesOf(BASE);

/** Reads a point in its canonical encoding: y below p, and no sign on x = 0. Null for everything else. */
export function decodePoint(bytes) {
  const number = fromLittleEndian(bytes);
  const [sign, y] = [number >> 255n, number & ((1n << 255n) - 1n)];
  if (y >= P) return null;
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = squareRootOfRatio(u, v);
  if (x === null || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return point(x, y, 1n, mod(x * y));
}

/** The canonical encoding of a point. */
export function encodePoint({ X, Y, Z }) {
  const inverse = invert(Z);
  const [x, y] = [mod(X * inverse), mod(Y * inverse)];
  return littleEndian(y | ((x & 1n) << 255n));
}

/** Whether two points are the same. */
export function samePoint(a, b) {
  return mod(a.X * b.Z) === mod(b.X * a.Z) && mod(a.Y * b.Z) === mod(b.Y * a.Z);
}

/** Whether eight times the point is the neutral element. */
export function isSmallOrder(p) {
  return samePoint(double(double(double(p))), NEUTRAL);
}

/** Whether the point has no component of small order besides. */
export function isTorsionFree(p) {
  return samePoint(multiply(p, GROUP_ORDER), NEUTRAL);
}

/** The point n times. */
export function multiply(p, n) {
  return sumOfMultiples([[multiplesOf(p), n]]);
}

/** The base point n times, less p m times. */
export function multiplyBaseLess(n, p, m) {
  return sumOfMultiples([
    [BASE_MULTIPLES, n],
    [multiplesOf(point(mod(-p.X), p.Y, p.Z, mod(-p.T))), m],
  ]);
}

/** The sum of two points: the complete formula of RFC 8032 section 5.1.4. */
export function add(p, q) {
  const a = (p.Y - p.X) * (q.Y - q.X);
  const b = (p.Y + p.X) * (q.Y + q.X);
  const c = mod(TWICE_D * p.T) * q.T;
  const d = 2n * p.Z * q.Z;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return point(mod(e * f), mod(g * h), mod(f * g), mod(e * h));
}

/** A number of 32 bytes, the least significant first. */
export function fromLittleEndian(bytes) {
  let number = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) number = (number << 8n) | BigInt(bytes[at]);
  return number;
}

function littleEndian(number) {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((number >> BigInt(8 * at)) & 0xffn));
}

function double(p) {
  const [a, b] = [mod(p.X * p.X), mod(p.Y * p.Y)];
  const h = a + b;
  const sum = p.X + p.Y;
  const e = h - sum * sum;
  const g = a - b;
  const f = 2n * p.Z * p.Z + g;
  return point(mod(e * f), mod(g * h), mod(f * g), mod(e * h));
}

/** 0 to 15 times the point. */
function multiplesOf(p) {
  const multiples = [NEUTRAL];
  for (let n = 1; n < 16; n++) multiples.push(add(multiples[n - 1], p));
  return multiples;
}

/** The sum of points, each some times: four bits of all numbers at a time, from the top. */
function sumOfMultiples(terms) {
  const digits = terms.map(([multiples, n]) => [multiples, n.toString(16).padStart(64, '0')]);
  let result = NEUTRAL;
  for (let at = 0; at < 64; at++) {
    if (result !== NEUTRAL) result = double(double(double(double(result))));
    for (const [multiples, hex] of digits) {
      if (hex[at] !== '0') result = add(result, multiples[parseInt(hex[at], 16)]);
    }
  }
  return result;
}

/** A square root of u/v, or null (RFC 8032 section 5.1.3). */
function squareRootOfRatio(u, v) {
  const v3 = mod(v * v * v);
  const root = mod(u * v3 * power(mod(u * v3 * v3 * v), (P - 5n) / 8n));
  const square = mod(v * root * root);
  if (square === u) return root;
  return square === mod(-u) ? mod(root * SQRT_MINUS_ONE) : null;
}

function mod(n) {
  const rest = n % P;
  return rest < 0n ? rest + P : rest;
}

function invert(n) {
  return power(mod(n), P - 2n);
}

function power(base, exponent) {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}
