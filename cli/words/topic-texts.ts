import { assertNever } from "../../base/assert-never.ts";
import { EXIT_CODES } from "../io/exit.ts";
import { table } from "../print/table.ts";
import type { Topic } from "./topics.ts";

/** The text of a topic. */
export function topicText(topic: Topic): string {
  switch (topic) {
    case "exit-codes":
      return exitCodes();
    case "arguments":
      return ARGUMENTS;
    case "references":
      return REFERENCES;
    case "scripts":
      return SCRIPTS;
    case "addresses":
      return ADDRESSES;
    default:
      return assertNever(topic, "a topic");
  }
}

function exitCodes(): string {
  const rows = table(EXIT_CODES.map(({ code, text }) => [String(code).padStart(5), text]));
  return `Examples:
  rpcctl can-i add 2 3 && rpcctl call add 2 3
  rpcctl policy lint policy.yaml; [ $? -le 1 ]        findings are fine, a file that the daemon refuses is not

Exit codes of every command:

${rows}`;
}

const ARGUMENTS = `Examples:
  rpcctl call add 2 3                        two whole numbers, if that is what add takes
  rpcctl call greet 007                      a text, if that is what greet takes
  rpcctl call --arg name=Ada greet           by its name
  rpcctl call --file data=photo.jpg store    the content of a file
  rpcctl call --kwargs '{"labels": {"team": "web"}}' tag
  rpcctl call --input arguments.json tag

Everything behind METHOD is an argument by its position, as it is: no word there names a parameter, reads a file or is an option.
Options stand before METHOD. What a value means is said by the method's parameter (rpcctl describe METHOD). A value that does not fit
is rejected, and nothing is sent.

  int       2, -7. No leading zero, nothing beyond ±9007199254740991
  number    2, 0.5, 1e3
  bool      true, false
  null      null
  string    the word as it is
  enum      one of its values
  time      2026-03-01T12:00:00Z, 2026-03-01T13:00:00+01:00
  bytes     hex:00ff, base64:AP8=
  list, map JSON; bytes in it are "hex:…", "base64:…" or {"$bytes": "AP8="}, times are texts
  A | B     JSON where that fits one of them, else the first that takes the word as it is
  any       JSON where the word is JSON, else a text: 2 is a number, '"2"' a text, hello a text

Options that give arguments, before METHOD:

  --arg NAME=VALUE   by name; VALUE is written as behind METHOD
  --file NAME=PATH   from a file: bytes and any as bytes, string as text, other data as JSON, a stream as it is read
  --args JSON        a list, instead of all arguments by position
  --kwargs JSON      a map of arguments by name
  --input FILE       JSON {"args": […], "kwargs": {…}}, instead of all others

PATH and FILE may be - for standard input. Whole numbers that JavaScript would round, and keys that stand twice in one map, are rejected
wherever they stand. Functions are given by --callback: rpcctl help references.`;

const SCRIPTS = `Examples:
  rpcctl call note -- "$TEXT" "$MORE"          values of others, in every place
  rpcctl call --arg title="$TITLE" note        a value of others, for a parameter that the script names
  rpcctl call --file body="$PATH" note         a path of others: the script says that it is a path
  rpcctl ping --wait 30s                       wait for a daemon that is being started

Words behind METHOD are values, whatever they say. Only the first one can be more: -- is dropped, and --help alone asks what the
method takes, unless its first argument can be this text. So a script writes -- behind METHOD, for every method. Behind it there is no
exception. A script that is given METHOD too writes: rpcctl call -- "$METHOD" -- "$1"

In --arg, --file and --callback the name ends at the first =, so the script writes NAME= itself, and never "$1" alone. What --callback runs
comes from the script too: it is a program with its arguments.

--timeout TIME bounds the whole command: reading files and standard input, connecting, and the answer. A length of time has a unit
everywhere: 500ms, 30s, 10m, 2h, 1d. Exit codes mean the same after each command: rpcctl help exit-codes.`;

const REFERENCES = `Examples:
  rpcctl call --file src=big.iso copy > copy.iso                      the daemon reads the file as it needs it
  producer | rpcctl call --file lines=- countLines                    standard input, line by line
  rpcctl call --file lines=a.txt --callback on_line=- countLines      each call of the callback is printed
  rpcctl call --callback "f=jq '.[0] * 2'" apply 21                   a command answers each call
  rpcctl call numbers 1000000 | head -3                               items as they come; the rest is not made

Some parameters take no value, but a file or a function of yours, which stays here (rpcctl describe METHOD). They are given
by options before METHOD; positions count the other parameters alone.

  --file NAME=PATH         for a stream. Of bytes: the bytes of the file; of texts: its lines, each with its line end; of anything
                           else: JSON, a value on each line
  --callback NAME=-        for a function: what it is called with is printed, a JSON list on a line
  --callback NAME=COMMAND  COMMAND is run for each call, which stands as the same line on its standard input. It answers with its
                           standard output, in JSON or as the text that is wanted; where none is declared, it prints
                           where rpcctl does. If it ends with anything but 0, the method is told that the call failed.

COMMAND is no shell's: spaces, ' ', " " and \\ part its words, and nothing else has a meaning, neither $ nor | nor *. What the
daemon says never stands in its arguments or environment. Eight run at once, and what runs is killed when the call ends.

A line of a file that does not fit ends the command with 2, and is named by its number.

A result that is a stream is printed as it comes, each item as JSON on a line. A stream of bytes is written as it is, but not on a
terminal, unless --raw says so; --json prints its pieces as {"$bytes": …}. --raw writes texts as they are too. If a stream
ends in an error when some of it is printed, the exit code is 11. Objects and functions live only as long as the command.`;

const ADDRESSES = `Examples:
  rpcctl --address unix:/run/rpcd/rpcd.sock ping
  rpcctl --address tls://build.example.org:7370 call add 2 3
  RPCCTL_ADDRESS=unix:/tmp/state/rpcd.sock rpcctl ls

An address is one of

  unix:/path        the absolute path of the daemon's socket; its folder must be safe
  tls://host:port   over the network; an IPv6 address stands between [ ]
  unix+tls:/path    a socket in a folder that cannot be trusted: forwarded, or shared with a container

Whichever it is, the daemon proves its host key before anything of yours is shown. It is taken from, in this order,

  --address ADDRESS
  RPCCTL_ADDRESS in the environment
  address in the configuration file
  unix:/run/rpcd/rpcd.sock, if there is such a socket
  unix:$XDG_STATE_HOME/rpcd/rpcd.sock (~/.local/state/rpcd/rpcd.sock)

The other settings follow the same order:

  --identity FILE       RPCCTL_IDENTITY       identity       $XDG_CONFIG_HOME/rpcctl/id_ed25519
  --known-daemons FILE  RPCCTL_KNOWN_DAEMONS  known_daemons  /etc/rpcd/known_daemons, then
                                                             $XDG_STATE_HOME/rpcctl/known_daemons
  --owner USER          RPCCTL_OWNER          owner          rpcd
  --timeout TIME        RPCCTL_TIMEOUT        timeout        10s for connecting, 30s for an answer
  --ignore CODE         RPCCTL_DOCTOR_IGNORE  doctor_ignore  nothing; notes and warnings of rpcctl doctor

The configuration file is --config FILE, RPCCTL_CONFIG or $XDG_CONFIG_HOME/rpcctl/rpcctl.yaml
(~/.config/rpcctl/rpcctl.yaml); relative paths in it start from its folder:

  address: unix:/run/rpcd/rpcd.sock
  identity: id_ed25519
  timeout: 5s

A daemon's host key is pinned when you first connect and say yes, or by rpcctl trust ADDRESS FINGERPRINT. Without
a terminal nothing is asked, and an unknown daemon is refused. When a daemon that is known changes its host keys,
the pins follow, and rpcctl says so; /etc/rpcd/known_daemons is never written.`;
