import { Fault } from "../../base/fault.ts";
import { REFERENCES_MAX } from "../../wire/limits.ts";

/** The same for a reference that has ended, was never passed, or is another's: nothing tells one from the other. */
export function gone(): Fault {
  return new Fault("reference_gone", "no such reference is in use", {
    origin: "arguments",
    outcome: "not_started",
  });
}

/** A method returned something else than it declares to pass. */
export function notDeclared(expected: string): Fault {
  return new Fault("internal", `the method declares that it returns ${expected}`, {
    origin: "handler",
    outcome: "done",
  });
}

/** What one client passed may go to another only where method and grant say so. */
export function notShared(): Fault {
  return new Fault(
    "internal",
    "a method returned what another client had passed to it, and may not pass it on",
    {
      origin: "handler",
      outcome: "done",
    },
  );
}

/** The caller holds as many references as it may. */
export function tooManyExports(): Fault {
  return new Fault("resource_exhausted", `the caller holds ${REFERENCES_MAX} references: release some`, {
    origin: "limit",
    outcome: "done",
  });
}

/** The caller holds as much as it may. */
export function noRoomToExport(cost: number): Fault {
  return new Fault(
    "resource_exhausted",
    `no room for a reference that costs ${cost} bytes: the caller holds too much`,
    { origin: "limit", outcome: "done" },
  );
}

/** Nobody has used the reference for a long time. */
export function idle(): Fault {
  return new Fault("deadline_exceeded", "the reference was not used for too long", {
    origin: "limit",
    outcome: "unknown",
  });
}
