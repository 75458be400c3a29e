import { EXIT_TABLES } from "./exit.ts";
import { table } from "./table.ts";
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
    case "addresses":
      return ADDRESSES;
    default:
      return unreachable(topic);
  }
}

function exitCodes(): string {
  return EXIT_TABLES.map(({ title, rows }) => {
    const lines = table(rows.map(({ code, text }) => [String(code).padStart(5), text]));
    return `Exit codes of ${title}:\n\n${lines}`;
  }).join("\n\n");
}

const ARGUMENTS = `Examples:
  rpcctl call add 2 3                        two whole numbers, if that is what add takes
  rpcctl call greet 007                      a text, if that is what greet takes
  rpcctl call greet name=Ada                 by its name
  rpcctl call tag 'labels:={"team": "web"}'  exactly this JSON
  rpcctl call store data@=photo.jpg          the bytes of a file
  rpcctl call --kwargs '{"a": 2, "b": 3}' add

Everything behind METHOD is an argument; options of rpcctl stand before it. What a word means is said by the
method's parameter (rpcctl describe METHOD). A word that does not fit is refused here, and nothing is sent.

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

By name:

  k=v       v is read by the shape of k
  k:=JSON   exactly this JSON
  k@=FILE   the content of FILE, bytes or text by the shape of k; of any: bytes
  k:@=FILE  the content of FILE, which is JSON

FILE may be - for standard input. These forms count only if the method has a parameter k; otherwise the whole
word is an argument by its position, so a text may contain '='. A text that begins with a parameter's name and
'=' is given by name: k=k=v. Whole numbers that JavaScript would round are refused wherever they stand.

Options before METHOD: --args JSON (a list, instead of arguments by position), --kwargs JSON (a map of arguments
by name), --input FILE (JSON {"args": […], "kwargs": {…}}, instead of all others). What is passed by reference, files and
functions, is given by --file and --callback: rpcctl help references.`;

const REFERENCES = `Examples:
  rpcctl call copy --file src=big.iso > copy.iso                      the daemon reads the file as it needs it
  producer | rpcctl call --file lines=- countLines                    standard input, line by line
  rpcctl call --file lines=a.txt --callback on_line=- countLines      each call of the callback is printed
  rpcctl call --callback "f=jq '.[0] * 2'" apply 21                   a command answers each call
  rpcctl call numbers 1000000 | head -3                               items as they come; the rest is not made

Some parameters take no value, but a file or a function of yours, which stays here (rpcctl describe METHOD). They are given
by options; positions count the other parameters alone.

  --file NAME=PATH         for a stream. Of bytes: the bytes of the file; of texts: its lines, each with its line end; of anything
                           else: JSON, a value on each line
  --callback NAME=-        for a function: what it is called with is printed, a JSON list on a line
  --callback NAME=COMMAND  COMMAND is run for each call, which stands as the same line on its standard input. It answers with its
                           standard output, in JSON or as the text that is wanted; where none is declared, it prints
                           where rpcctl does. If it ends with anything but 0, the method is told that the call failed.

COMMAND is no shell's: spaces, ' ', " " and \\ part its words, and nothing else has a meaning, neither $ nor | nor *. What the
daemon says never stands in its arguments or environment. Eight run at once, and what runs is killed when the call ends.

Both may stand several times, before METHOD. Directly behind METHOD --file NAME=PATH may stand too, and --callback NAME=-: as
two words, only if METHOD has a parameter NAME that takes it. In a script whose first argument is not your own, put -- in
front of it: rpcctl call METHOD --file src=a -- "$1" "$2". A method of data alone takes every word as it is, -- too.

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
  --timeout TIME        RPCCTL_TIMEOUT        timeout        10 s for connecting, 30 s for an answer

The configuration file is --config FILE, RPCCTL_CONFIG or $XDG_CONFIG_HOME/rpcctl/rpcctl.yaml
(~/.config/rpcctl/rpcctl.yaml); relative paths in it start from its folder:

  address: unix:/run/rpcd/rpcd.sock
  identity: id_ed25519
  timeout: 5s

A daemon's host key is pinned when you first connect and say yes, or by rpcctl trust ADDRESS FINGERPRINT. Without
a terminal nothing is asked, and an unknown daemon is refused. When a daemon that is known changes its host keys,
the pins follow, and rpcctl says so; /etc/rpcd/known_daemons is never written.`;

function unreachable(topic: never): never {
  throw new Error(`a topic that is none: ${String(topic)}`);
}
