import { Fault } from "../base/fault.ts";

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
