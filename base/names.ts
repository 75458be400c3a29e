/** The longest method name, in bytes; names are ASCII, so in characters too. */
export const METHOD_NAME_MAX_BYTES = 128;
/** The most segments of a method name. */
export const METHOD_NAME_MAX_SEGMENTS = 8;

const SEGMENT = "[A-Za-z0-9][A-Za-z0-9_-]*";
const METHOD_NAME = new RegExp(`^${SEGMENT}(?:\\.${SEGMENT})*$`);
const ARGUMENT_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What a method's name must look like, in words. */
export const METHOD_NAME_RULE =
  "segments of letters, digits, _ and - joined by dots, each begun by a letter or digit; at most 8 segments and 128 bytes";
/** The longest name of an argument, in bytes; names are ASCII. */
export const ARGUMENT_NAME_MAX_BYTES = 64;
/** What an argument's name must look like, in words. */
export const ARGUMENT_NAME_RULE = "a letter, then up to 63 letters, digits, _ or -";

/**
 * Whether a text can be the name of a method (docs/protocol.md, section 5). ASCII and byte-wise: no
 * case folding and no normalisation, so no other spelling of an allowed name is that name.
 */
export function isMethodName(text: string): boolean {
  // The length goes first: the pattern is linear, but a name of a megabyte is not worth reading.
  if (text.length > METHOD_NAME_MAX_BYTES || !METHOD_NAME.test(text)) return false;
  return text.split(".").length <= METHOD_NAME_MAX_SEGMENTS;
}

/** Whether a text can be the name of an argument. Digits alone are positions, so a letter leads. */
export function isArgumentName(text: string): boolean {
  return text.length <= ARGUMENT_NAME_MAX_BYTES && ARGUMENT_NAME.test(text) && !FORBIDDEN_KEYS.has(text);
}

const CERTIFICATE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** What the name in a certificate must look like, in words. */
export const CERTIFICATE_NAME_RULE = "a letter or digit, then up to 127 letters, digits, dots, _ or -";

/** Whether a text can be the name that a certificate gives: a host, a person, a job. No slash, space or wildcard. */
export function isCertificateName(text: string): boolean {
  return CERTIFICATE_NAME.test(text);
}

/**
 * Names that JavaScript gives a meaning of its own when they stand as a key. No map on the wire may
 * use one and no method parameter may bear one: whatever reads such a map would be surprised, however
 * careful this side is. The list is fixed, not read from Object.prototype: `--disable-proto=delete`
 * takes `__proto__` away from there.
 */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set([
  "__proto__",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "__lookupSetter__",
  "constructor",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "prototype",
  "then",
  "toJSON",
  "toLocaleString",
  "toString",
  "valueOf",
]);
