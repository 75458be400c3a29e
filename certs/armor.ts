/*
 * The text around the bytes of a private key:
 *
 *     -----BEGIN OPENSSH PRIVATE KEY-----
 *     base64, 70 characters on each line
 *     -----END OPENSSH PRIVATE KEY-----
 *
 * Between bytes and bytes, without a string: a string that held the key stays in memory until the collector
 * comes by, and cannot be wiped. So Node's base64, which goes through strings, does not serve here.
 */

const BEGIN_LINE = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END_LINE = "-----END OPENSSH PRIVATE KEY-----";
const BEGIN = Buffer.from(BEGIN_LINE);
const END = Buffer.from(END_LINE);
const LINE_CHARS = 70;

const LF = 0x0a;
const CR = 0x0d;
const PAD = 0x3d;
const DIGITS = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/**
 * The bytes inside the armor, in memory of their own, or in a sentence what is wrong with it.
 * CRLF is as good as LF, and blank lines around are no harm.
 */
export function readArmor(file: Uint8Array): Uint8Array | string {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length);
  const begin = skipLineEnds(text, 0);
  if (!startsWith(text, begin, BEGIN)) return whatElse(text.subarray(begin));
  const start = begin + BEGIN.length;
  if (text[start] !== LF && text[start] !== CR) return "the BEGIN line goes on behind its dashes";
  const end = text.indexOf(END, start);
  if (end === -1) return `the line '${END_LINE}' is missing: the file is cut off`;
  if (text[end - 1] !== LF) return "the END line does not begin on a line of its own";
  if (skipLineEnds(text, end + END.length) !== text.length) return "something follows the END line";
  return decode(text.subarray(start, end)) ?? "what is between the BEGIN and the END line is not base64";
}

/** The armor around the bytes, as ssh-keygen writes it. */
export function writeArmor(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const chars = 4 * Math.ceil(body.length / 3);
  const lines = Math.ceil(chars / LINE_CHARS);
  const text = new Uint8Array(BEGIN.length + 1 + chars + lines + END.length + 1);
  text.set(BEGIN);
  let at = BEGIN.length;
  text[at++] = LF;
  for (let i = 0; i < chars; i++) {
    text[at++] = charAt(body, i);
    if (i % LINE_CHARS === LINE_CHARS - 1 || i === chars - 1) text[at++] = LF;
  }
  text.set(END, at);
  text[at + END.length] = LF;
  return text;
}

function skipLineEnds(text: Uint8Array, from: number): number {
  let at = from;
  while (text[at] === LF || text[at] === CR) at++;
  return at;
}

function startsWith(text: Buffer, at: number, word: Buffer): boolean {
  return text.subarray(at, at + word.length).equals(word);
}

// Only what is known to be no secret is quoted: the file may be the bare key.
function whatElse(text: Buffer): string {
  const line =
    text
      .subarray(0, 80)
      .toString("latin1")
      .split(/[\r\n]/, 1)[0] ?? "";
  if (/^(ssh|ecdsa|sk)-[a-z0-9@.-]+ /.test(line))
    return "this is a public key; give the private one, the file without .pub";
  const other = /^-----BEGIN [A-Z0-9 ]+-----$/.test(line) ? `, but it begins with '${line}'` : "";
  return `a file that begins with '${BEGIN_LINE}' was expected${other}`;
}

/** Strict: the shortest form, its padding, and no character beside it but line ends. */
function decode(text: Uint8Array): Uint8Array | undefined {
  const body = new Uint8Array(Math.floor((text.length * 3) / 4));
  let length = 0;
  let digits = 0;
  let pads = 0;
  // Up to six bits that are not yet written.
  let rest = 0;
  for (const char of text) {
    if (char === LF || char === CR) continue;
    if (char === PAD) {
      pads++;
      continue;
    }
    const value = DIGITS.indexOf(char);
    if (value === -1 || pads > 0) return wipe(body);
    rest = (rest << 6) | value;
    // Of four digits the first completes no byte; the others complete one, and leave 4, 2 and 0 bits.
    const over = 6 - 2 * (digits++ % 4);
    if (over === 6) continue;
    body[length++] = rest >> over;
    rest &= (1 << over) - 1;
  }
  if ((digits + pads) % 4 !== 0 || pads > 2 || rest !== 0) return wipe(body);
  return body.subarray(0, length);
}

function wipe(bytes: Uint8Array): undefined {
  bytes.fill(0);
}

/** The character number `i` of the base64 of all bytes. */
function charAt(body: Uint8Array, i: number): number {
  const group = 3 * Math.floor(i / 4);
  const place = i % 4;
  if (group + place > body.length) return PAD;
  const bits = (byte(body, group) << 16) | (byte(body, group + 1) << 8) | byte(body, group + 2);
  return byte(DIGITS, (bits >> (18 - 6 * place)) & 0x3f);
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
