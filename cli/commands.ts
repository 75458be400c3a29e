import { CommandTable } from "./words/command.ts";

/** Every command, in the order in which help lists them. */
export const COMMANDS = new CommandTable([
  {
    name: "call",
    describe: "call a method and print what it returns",
    load: () => import("./commands/call.ts"),
  },
  {
    name: "ls",
    describe: "list the methods that you may call",
    load: () => import("./commands/ls.ts"),
  },
  {
    name: "describe",
    describe: "show what a method takes, returns and does",
    load: () => import("./commands/describe.ts"),
  },
  {
    name: "can-i",
    describe: "say whether you may make a call, without making it",
    load: () => import("./commands/can-i.ts"),
  },
  {
    name: "ping",
    describe: "log in, and show the principal and the time of an answer; --wait waits for the daemon",
    load: () => import("./commands/ping.ts"),
  },
  {
    name: "top",
    describe: "show what the daemon does, live",
    load: () => import("./commands/top.ts"),
  },
  {
    name: "doctor",
    describe:
      "find what is wrong: with this user as a client, and as root with the service; say how to fix it",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "key new",
    describe: "make a key pair",
    load: () => import("./commands/key/new.ts"),
  },
  {
    name: "key show",
    describe: "print the public line of a key",
    load: () => import("./commands/key/show.ts"),
  },
  {
    name: "key fingerprint",
    describe: "print the fingerprint of a key, as ssh-keygen -l does",
    load: () => import("./commands/key/fingerprint.ts"),
  },
  {
    name: "enrol",
    describe: "print the policy lines that would let your key in",
    load: () => import("./commands/enrol.ts"),
  },
  {
    name: "trust",
    describe: "pin the host key of a daemon without asking",
    load: () => import("./commands/trust.ts"),
  },
  {
    name: "policy lint",
    describe: "report every problem of a policy file",
    load: () => import("./commands/policy/lint.ts"),
  },
  {
    name: "policy fmt",
    describe: "format a policy file; comments are kept",
    load: () => import("./commands/policy/fmt.ts"),
  },
  {
    name: "policy test",
    describe: "run the tests that stand in a policy file",
    load: () => import("./commands/policy/test.ts"),
  },
  {
    name: "policy explain",
    describe: "say what the policy decides of a call, and why",
    load: () => import("./commands/policy/explain.ts"),
  },
  {
    name: "policy can",
    describe: "list what somebody may call",
    load: () => import("./commands/policy/can.ts"),
  },
  {
    name: "policy show",
    describe: "show a policy as it is in force: roles flattened, a line for each grant",
    load: () => import("./commands/policy/show.ts"),
  },
  {
    name: "policy status",
    describe: "say which policy is in force, and whether the last reload was refused",
    load: () => import("./commands/policy/status.ts"),
  },
  {
    name: "policy reload",
    describe: "put the policy file in force, if it is a good one",
    load: () => import("./commands/policy/reload.ts"),
  },
  {
    name: "version",
    describe: "print the version",
    load: () => import("./commands/version.ts"),
  },
  {
    name: "help",
    describe: "explain a command or a topic",
    load: () => import("./commands/help.ts"),
  },
]);
