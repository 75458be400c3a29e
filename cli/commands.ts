import type { Command } from "./command.ts";
import { type ExitTable, GENERAL_EXITS, POLICY_EXITS } from "./exit.ts";

/** A command by its words. Its module is loaded when it is run, or its help is read. */
export interface CommandEntry {
  readonly name: string;
  readonly describe: string;
  readonly exits: ExitTable;
  load(): Promise<{ readonly default: Command }>;
}

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "call",
    describe: "call a method and print what it returns",
    exits: GENERAL_EXITS,
    load: () => import("./commands/call.ts"),
  },
  {
    name: "ls",
    describe: "list the methods that you may call",
    exits: GENERAL_EXITS,
    load: () => import("./commands/ls.ts"),
  },
  {
    name: "describe",
    describe: "say what a method takes, returns and does",
    exits: GENERAL_EXITS,
    load: () => import("./commands/describe.ts"),
  },
  {
    name: "can-i",
    describe: "say whether you may make a call, without making it",
    exits: GENERAL_EXITS,
    load: () => import("./commands/can-i.ts"),
  },
  {
    name: "ping",
    describe: "log in, and say as whom and how long an answer takes",
    exits: GENERAL_EXITS,
    load: () => import("./commands/ping.ts"),
  },
  {
    name: "top",
    describe: "show what the daemon does, live",
    exits: GENERAL_EXITS,
    load: () => import("./commands/top.ts"),
  },
  {
    name: "doctor",
    describe:
      "look for what is wrong, with you as a client and as root with the service, and say what mends it",
    exits: GENERAL_EXITS,
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "key new",
    describe: "make a key pair",
    exits: GENERAL_EXITS,
    load: () => import("./commands/key/new.ts"),
  },
  {
    name: "key show",
    describe: "print the public line of a key",
    exits: GENERAL_EXITS,
    load: () => import("./commands/key/show.ts"),
  },
  {
    name: "key fingerprint",
    describe: "print the fingerprint of a key, as ssh-keygen -l does",
    exits: GENERAL_EXITS,
    load: () => import("./commands/key/fingerprint.ts"),
  },
  {
    name: "enrol",
    describe: "print the policy lines that would let your key in",
    exits: GENERAL_EXITS,
    load: () => import("./commands/enrol.ts"),
  },
  {
    name: "trust",
    describe: "pin the host key of a daemon without asking",
    exits: GENERAL_EXITS,
    load: () => import("./commands/trust.ts"),
  },
  {
    name: "policy lint",
    describe: "report every problem of a policy file",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/lint.ts"),
  },
  {
    name: "policy fmt",
    describe: "write a policy file as everybody writes it; comments are kept",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/fmt.ts"),
  },
  {
    name: "policy test",
    describe: "run the tests that stand in a policy file",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/test.ts"),
  },
  {
    name: "policy explain",
    describe: "say what the policy decides of a call, and why",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/explain.ts"),
  },
  {
    name: "policy can",
    describe: "list what somebody may call",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/can.ts"),
  },
  {
    name: "policy show",
    describe: "show a policy as it is in force: roles flattened, a line for each grant",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/show.ts"),
  },
  {
    name: "policy status",
    describe: "say which policy is in force, and whether the last reload was refused",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/status.ts"),
  },
  {
    name: "policy reload",
    describe: "put the policy file in force, if it is a good one",
    exits: POLICY_EXITS,
    load: () => import("./commands/policy/reload.ts"),
  },
  {
    name: "version",
    describe: "print the version",
    exits: GENERAL_EXITS,
    load: () => import("./commands/version.ts"),
  },
  {
    name: "help",
    describe: "explain a command or a topic",
    exits: GENERAL_EXITS,
    load: () => import("./commands/help.ts"),
  },
];
