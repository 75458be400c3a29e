import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FileProblem } from "../../files/file-problem.ts";
import { SYSTEM_UNIT } from "../../files/system-paths.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";

/** What the files of `systemd/` say where node and the package are. */
const SHIPPED_NODE = "/usr/bin/node";
const SHIPPED_PACKAGE = "/usr/lib/node_modules/rpcd";

/** The polkit rule that `--allow-restart` writes. */
export const POLKIT_RULE = "/etc/polkit-1/rules.d/50-rpcd-restart.rules";

/** How long records are kept is for the host to say, and logrotate knows no drop-ins: what is there is not written over. */
const LOGROTATE = "/etc/logrotate.d/rpcd";

/** Where each file of `systemd/` goes. */
const PLACES = [
  ["rpcd.service", SYSTEM_UNIT],
  ["rpcd.socket", "/etc/systemd/system/rpcd.socket"],
  ["rpcd.sysusers.conf", "/etc/sysusers.d/rpcd.conf"],
  ["rpcd.tmpfiles.conf", "/etc/tmpfiles.d/rpcd.conf"],
  ["rpcd.logrotate", LOGROTATE],
] as const;

/** A file for the system. */
export interface UnitFile {
  readonly path: string;
  readonly text: string;
  /** whether a file that is there already stays as it is */
  readonly isKept: boolean;
}

/** Every path that {@link unitFiles} and {@link polkitRule} may write. */
export const UNIT_PATHS: readonly string[] = [...PLACES.map(([, path]) => path), POLKIT_RULE];

/**
 * The units and their companions, for this host.
 *
 * @param node - the path of the program
 * @param flags - of Node, beside those that the files have
 */
export function unitFiles(node: string, flags: readonly string[]): readonly UnitFile[] {
  return PLACES.map(([name, path]) => ({
    path,
    isKept: path === LOGROTATE,
    text: readFileSync(join(PACKAGE_FOLDER, "systemd", name), "utf8")
      .replaceAll(SHIPPED_NODE, () => [node, ...flags].join(" "))
      .replaceAll(SHIPPED_PACKAGE, () => PACKAGE_FOLDER),
  }));
}

/** A unit's name as systemd has it, without what could end a text or a path. */
const UNIT_NAME = /^[A-Za-z0-9_][A-Za-z0-9:_.@-]{0,200}$/;

const OTHER_UNIT = /\.(?:socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/**
 * Lets the daemon's user restart these services, and no other, and do nothing else with them (polkit(8)).
 *
 * @throws {@link FileProblem} for what is no name of a service
 */
export function polkitRule(units: readonly string[]): UnitFile {
  const names = units.map((unit) => {
    if (!UNIT_NAME.test(unit) || OTHER_UNIT.test(unit))
      throw new FileProblem(
        "malformed",
        unit,
        "is no name of a service: nginx or nginx.service was expected",
      );
    return unit.endsWith(".service") ? unit : `${unit}.service`;
  });
  return {
    path: POLKIT_RULE,
    isKept: false,
    text: `// Written by rpcd install-units --allow-restart: what services of rpcd may have systemd do.
polkit.addRule(function (action, subject) {
  if (subject.user !== "rpcd" || action.id !== "org.freedesktop.systemd1.manage-units") return;
  const units = ${JSON.stringify(names)};
  if (action.lookup("verb") === "restart" && units.indexOf(action.lookup("unit")) >= 0) return polkit.Result.YES;
});
`,
  };
}
