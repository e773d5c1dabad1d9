// The names of formats.md ("Names"), each in its one form.

import { byteLength, fromBase64UrlOf } from './bytes.js';

const PART = '[a-z][a-z0-9-]{0,31}';
const ISSUER = new RegExp(`^${PART}/${PART}$`);
const TYPE_NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const JTI = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const isText = (value) => typeof value === 'string';

/** `<department>/<producer>`. */
export const isIssuer = (value) => isText(value) && ISSUER.test(value);
/** The name of a ledger. */
export const isOrigin = (value) => isText(value) && /^[A-Za-z0-9._/-]{1,255}$/.test(value);
/** The name of a type of event. */
export const isTypeName = (value) => isText(value) && value.length <= 64 && TYPE_NAME.test(value);
/** A month. */
export const isPeriod = (value) => isText(value) && /^[0-9]{4}-(0[1-9]|1[0-2])$/.test(value);
/** A random UUID in lower case. */
export const isJti = (value) => isText(value) && JTI.test(value);
/** The thumbprint of a key, or another SHA-256, in base64url. */
export const isDigest = (value) => isText(value) && fromBase64UrlOf(value, 32) !== null;
/** The name of a key: C2SP signed-note. */
export const isKeyName = (value) =>
  value !== '' && byteLength(value) <= 255 && !/[\p{White_Space}\p{Cc}+]/u.test(value);

/** The part of an issuer before the slash. */
export const departmentOf = (issuer) => issuer.slice(0, issuer.indexOf('/'));

/** The issuer of the ledger's own governance, which alone registers keys. */
export const GOVERNANCE = 'ledger/governance';
/** The issuer of the ledger's events about access, seals and productions. */
export const ACCESS = 'ledger/access';
/** Whether an issuer is one of the ledger's own. */
export const isLedger = (issuer) => departmentOf(issuer) === 'ledger';
