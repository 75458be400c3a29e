import { FORBIDDEN_KEYS } from "../../base/names.ts";

/*
 * The forms of texts in a policy, as far as a regular expression knows them: for the JSON Schema, which editors read. The
 * parsers say what a text is; none of these may refuse what they take.
 */

/** Of a role, an identity, a grant. */
export const NAME = "[A-Za-z][A-Za-z0-9_-]{0,63}";
export const CERTIFICATE = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";

const SEGMENT = "[A-Za-z0-9][A-Za-z0-9_-]*";
const segments = (most: number): string => `${SEGMENT}(\\.(${SEGMENT}|\\*)){0,${most - 1}}`;
export const METHOD = `${SEGMENT}(\\.${SEGMENT}){0,7}`;
/** With wildcards: `**` is a segment like any other. */
export const METHOD_PATTERN = `(\\*\\*|${segments(8)}|${segments(7)}\\.\\*\\*)`;

/** Type, base64 of type and key together, and perhaps a comment. */
export const KEY = "\\s*ssh-ed25519[ \\t]+AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}(\\s.*)?";

const HOUR = "([01][0-9]|2[0-3]):[0-5][0-9]";
const DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
export const TIME = `${DAY}[Tt]${HOUR}:[0-5][0-9](\\.[0-9]{1,9})?([Zz]|[+-]${HOUR})`;

const IPV4_NETWORK = "[0-9.]+/([12]?[0-9]|3[0-2])";
const IPV6_NETWORK = "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*/([1-9]?[0-9]|1[01][0-9]|12[0-8])";
export const NETWORK = `(${IPV4_NETWORK}|${IPV6_NETWORK})`;

export const LENGTH = "(0|[1-9][0-9]*)";
export const WHOLE = `-?${LENGTH}`;
export const DECIMAL = `${WHOLE}(\\.[0-9]+)?([eE][+-]?[0-9]+)?`;

/** Names that have a meaning in JavaScript, with the `?` that may stand behind them. */
export const FORBIDDEN_KEY = { pattern: `^(${[...FORBIDDEN_KEYS].join("|")})\\??$` };
