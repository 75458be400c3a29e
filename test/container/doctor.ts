import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isPlainObject } from "../../base/plain-object.ts";
import { Container, type Ran } from "./container.ts";

/*
 * What `rpcctl doctor` says on a host: nothing on a clean one, and of each planted fault where it is and what mends it. Each
 * test plants one, looks, mends it as it was told, and looks again: what is said to mend it does.
 */
const ROOT = process.env["RPCD_CONTAINER"] ?? "";
const CONFIG = "/etc/rpcd/rpcd.yaml";
const POLICY = "/etc/rpcd/policy.yaml";
const DROP_INS = "/etc/systemd/system/rpcd.service.d";

interface Found {
  readonly severity: string;
  readonly where: string;
  readonly text: string;
  readonly mend: string;
}

describe("rpcctl doctor", () => {
  let box: Container;

  const sh = (command: string, as: { readonly user?: string } = {}): Promise<string> =>
    box.run(["/bin/sh", "-c", command], as);
  const ask = (user?: string): Promise<Ran> =>
    box.try(["rpcctl", "doctor", "--json"], user === undefined ? {} : { user });
  const findings = ({ out }: Ran): readonly Found[] => {
    const answer: unknown = JSON.parse(out);
    assert.ok(isPlainObject(answer) && Array.isArray(answer["findings"]), out);
    return answer["findings"] as readonly Found[];
  };

  /** Plants a fault, has it found, mends it, and has nothing found. */
  const planted = async (fault: {
    readonly plant: string;
    readonly mend: string;
    readonly where: RegExp;
    readonly text: RegExp;
    readonly says: RegExp;
    readonly user?: string;
  }): Promise<void> => {
    const { plant, mend, where, text, says, user } = fault;
    let seen: Ran;
    try {
      await sh(plant);
      seen = await ask(user);
    } finally {
      await sh(mend);
    }
    assert.equal(seen.code, 12, seen.out + seen.err);
    const found = findings(seen);
    assert.ok(
      found.some((one) => where.test(one.where) && text.test(one.text) && says.test(one.mend ?? "")),
      seen.out,
    );
    const again = await ask(user);
    assert.deepEqual(findings(again), [], "after it was mended");
    assert.equal(again.code, 0);
  };

  before(async () => {
    box = await Container.boot(ROOT);
    await sh("rm -rf /etc/rpcd /var/log/rpcd /etc/systemd/system/rpcd.* /home/alice; userdel alice || true");
    await sh(
      "rpcd install-units && systemctl daemon-reload && systemctl enable --now rpcd.socket rpcd.service",
    );
    await sh("useradd -m alice && usermod -aG rpcd-callers alice");
    await sh("rpcctl key new", { user: "alice" });
    const lines = await box.run(["rpcctl", "enrol", "--name", "alice"], { user: "alice" });
    const identities = lines.slice(lines.indexOf("identities:")).replace("roles: []", "roles: [caller]");
    box.edit(POLICY, (text) => text.replace("identities: {}", identities));
    await sh("systemctl reload rpcd");
  });

  after(() => box.stop());

  test("finds nothing on a clean install, neither as root nor as somebody who calls", async () => {
    for (const user of [undefined, "alice"]) {
      const { code, out } = await box.try(["rpcctl", "doctor"], user === undefined ? {} : { user });
      assert.equal(code, 0, out);
      assert.match(out, /^ok {4}node v/);
      assert.doesNotMatch(out, /BAD|look {2}/);
    }
  });

  const KEY = "/home/alice/.config/rpcctl/id_ed25519";
  const faults: Readonly<Record<string, Parameters<typeof planted>[0]>> = {
    "1: a key that others may read": {
      user: "alice",
      plant: `chmod 644 ${KEY}`,
      mend: `chmod 600 ${KEY}`,
      where: /id_ed25519$/,
      text: /mode 0644, so others may read the secret/,
      says: /^chmod 600 /,
    },
    "2: settings with a word that is none": {
      user: "alice",
      plant:
        "printf 'adress: x\\n' > /home/alice/.config/rpcctl/rpcctl.yaml; chown alice: /home/alice/.config/rpcctl/rpcctl.yaml",
      mend: "rm /home/alice/.config/rpcctl/rpcctl.yaml",
      where: /settings/,
      text: /adress/,
      says: /edit the file/,
    },
    "3: pinned host keys that anybody may write": {
      user: "alice",
      plant: "chmod 666 /etc/rpcd/known_daemons",
      mend: "chmod 644 /etc/rpcd/known_daemons",
      where: /known_daemons$/,
      text: /mode 0666/,
      says: /^chmod go-w /,
    },
    "4: another host key than is pinned": {
      user: "alice",
      plant:
        "cp -p /etc/rpcd/known_daemons /tmp/kept; sed -i 's/SHA256:..../SHA256:AAAA/' /etc/rpcd/known_daemons",
      mend: "cp -p /tmp/kept /etc/rpcd/known_daemons",
      where: /^unix:/,
      text: /shows another host key/,
      says: /rpcctl trust unix:/,
    },
    "5: no pin at all": {
      user: "alice",
      plant: "mv /etc/rpcd/known_daemons /tmp/kept",
      mend: "mv /tmp/kept /etc/rpcd/known_daemons",
      where: /^unix:/,
      text: /is not known here/,
      says: /rpcctl trust unix:/,
    },
    "6: nobody in the group of callers": {
      user: "alice",
      plant: "gpasswd -d alice rpcd-callers",
      mend: "gpasswd -a alice rpcd-callers",
      where: /^unix:/,
      text: /may not connect to the socket/,
      says: /usermod -aG rpcd-callers/,
    },
    "7: a key that is not enrolled": {
      user: "alice",
      plant: `cp -p ${POLICY} /tmp/policy; rpcctl key new /root/other; sed -i "s|ssh-ed25519 [A-Za-z0-9+/=]*|$(cut -d' ' -f1,2 /root/other.pub)|" ${POLICY}; systemctl reload rpcd`,
      mend: `cp -p /tmp/policy ${POLICY}; systemctl reload rpcd`,
      where: /^unix:/,
      text: /(?:)/,
      says: /rpcctl enrol/,
    },
    "8: a daemon that is stopped, with its socket": {
      user: "alice",
      plant: "systemctl stop rpcd.service rpcd.socket",
      mend: "systemctl start rpcd.socket rpcd.service",
      where: /rpcd\.sock$/,
      text: /no(body| daemon)/,
      says: /systemctl (start|status) rpcd\.socket/,
    },
    "9: a policy that others may write": {
      plant: `chmod 666 ${POLICY}`,
      mend: `chmod 640 ${POLICY}`,
      where: /policy\.yaml$/,
      text: /mode 0666/,
      says: /^chmod go-w /,
    },
    "10: a policy that the daemon would refuse": {
      plant: `cp -p ${POLICY} /tmp/policy; sed -i 's/to: caller/to: nobody/' ${POLICY}`,
      mend: `cp -p /tmp/policy ${POLICY}`,
      where: /policy\.yaml:\d+:\d+$/,
      text: /nobody/,
      says: /declare it under 'roles'/,
    },
    "11: a policy that the daemon's user cannot read": {
      plant: `chgrp root ${POLICY}`,
      mend: `chgrp rpcd ${POLICY}`,
      where: /policy\.yaml$/,
      text: /cannot be opened \(EACCES\)/,
      says: /chmod g\+r/,
    },
    "12: a host key that others may read": {
      plant: "chmod 644 /etc/rpcd/host_key",
      mend: "chmod 600 /etc/rpcd/host_key",
      where: /host_key$/,
      text: /mode 0644/,
      says: /^chmod 600 /,
    },
    "13: a configuration with an option that is none": {
      plant: `cp -p ${CONFIG} /tmp/config; echo 'log_levle: info' >> ${CONFIG}`,
      mend: `cp -p /tmp/config ${CONFIG}`,
      where: /rpcd\.yaml:\d+:\d+$/,
      text: /log_levle/,
      says: /log_level/,
    },
    "14: a service that is not there": {
      plant: "mv /etc/rpcd/services/example.mjs /tmp/example.mjs",
      mend: "mv /tmp/example.mjs /etc/rpcd/services/example.mjs",
      where: /example\.mjs$/,
      text: /there is no file/,
      says: /take it out of 'services'/,
    },
    "15: a drop-in that takes a line of the hardening back": {
      plant: `mkdir -p ${DROP_INS}; printf '[Service]\\nNoNewPrivileges=no\\n' > ${DROP_INS}/weak.conf; systemctl daemon-reload`,
      mend: `rm -r ${DROP_INS}; systemctl daemon-reload`,
      where: /weak\.conf$/,
      text: /^NoNewPrivileges=no: /,
      says: /systemctl edit/,
    },
    "16: a unit that somebody edited": {
      plant: "sed -i 's/--disable-proto=delete//' /etc/systemd/system/rpcd.service; systemctl daemon-reload",
      mend: "rpcd install-units",
      where: /rpcd\.service$/,
      text: /lacks --disable-proto=delete|not what this version/,
      says: /rpcd install-units/,
    },
    "17: a unit that systemd has not read": {
      plant: `mkdir -p ${DROP_INS}; printf '[Service]\\nWatchdogSec=30\\n' > ${DROP_INS}/more.conf`,
      mend: `rm -r ${DROP_INS}; systemctl daemon-reload`,
      where: /rpcd\.service/,
      text: /systemd has not read them/,
      says: /^systemctl daemon-reload$/,
    },
    "18: a socket that is not started": {
      plant: "systemctl stop rpcd.socket rpcd.service",
      mend: "systemctl start rpcd.socket rpcd.service",
      where: /^rpcd\.socket$/,
      text: /nobody listens/,
      says: /systemctl enable --now rpcd\.socket/,
    },
    "19: a socket that is not started with the host": {
      plant: "systemctl disable rpcd.socket",
      mend: "systemctl enable rpcd.socket rpcd.service",
      where: /^rpcd\.socket$/,
      text: /not started when the host is/,
      says: /systemctl enable rpcd\.socket/,
    },
    "20: a service that was killed and started again": {
      plant:
        "kill -9 $(systemctl show -p MainPID --value rpcd); sleep 2; while ! systemctl is-active -q rpcd; do sleep 0.1; done",
      mend: "systemctl restart rpcd",
      where: /^rpcd\.service$/,
      text: /started it again 1 times/,
      says: /journalctl -u rpcd/,
    },
    "21: a service that failed": {
      plant: `cp -p ${CONFIG} /tmp/config; echo 'bad' >> ${CONFIG}; systemctl restart rpcd || true`,
      mend: `cp -p /tmp/config ${CONFIG}; systemctl reset-failed rpcd.service rpcd.socket || true; systemctl restart rpcd.socket rpcd.service`,
      where: /^rpcd\.service$/,
      text: /it has failed \(exit-code\)/,
      says: /systemctl reset-failed/,
    },
    "22: a reload that was refused": {
      plant: `cp -p ${POLICY} /tmp/policy; echo 'bad' >> ${POLICY}; systemctl reload rpcd || true`,
      mend: `cp -p /tmp/policy ${POLICY}; systemctl reload rpcd`,
      where: /rpcd\.yaml$/,
      text: /last reload was refused/,
      says: /systemctl reload rpcd/,
    },
    "23: a policy that was changed and not put in force": {
      plant: `cp -p ${POLICY} /tmp/policy; echo '# more' >> ${POLICY}`,
      mend: `cp -p /tmp/policy ${POLICY}`,
      where: /policy\.yaml$/,
      text: /not in force yet/,
      says: /systemctl reload rpcd/,
    },
    "24: an option that waits for the next start": {
      plant: `cp -p ${CONFIG} /tmp/config; echo 'socket_mode: "0640"' >> ${CONFIG}; systemctl reload rpcd`,
      mend: `cp -p /tmp/config ${CONFIG}; systemctl reload rpcd`,
      where: /rpcd\.yaml$/,
      text: /next start on: socket_mode/,
      says: /systemctl restart rpcd/,
    },
    "25: an audit log that everybody reads": {
      plant: "chmod 644 /var/log/rpcd/audit.jsonl",
      mend: "chmod 600 /var/log/rpcd/audit.jsonl",
      where: /audit\.jsonl$/,
      text: /every user reads/,
      says: /^chmod o= /,
    },
    "26: a disk that is nearly full": {
      plant:
        "systemctl stop rpcd; mount -t tmpfs -o size=128k,mode=0750,uid=rpcd,gid=rpcd tmpfs /var/log/rpcd; dd if=/dev/zero of=/var/log/rpcd/x bs=1k count=126 2>&1; systemctl start rpcd",
      mend: "systemctl stop rpcd; umount /var/log/rpcd; systemctl start rpcd",
      where: /\/var\/log\/rpcd$/,
      text: /KiB are free/,
      says: /make room/,
    },
    "27: a clock that was set back": {
      plant:
        'cp -p /var/log/rpcd/audit.jsonl /tmp/audit; printf \'{"at":"2100-01-01T00:00:00.000Z","kind":"reload"}\\n\' >> /var/log/rpcd/audit.jsonl',
      mend: "cat /tmp/audit > /var/log/rpcd/audit.jsonl",
      where: /audit\.jsonl$/,
      text: /the clock was set back/,
      says: /timedatectl/,
    },
    "28: a folder of the socket that others may write": {
      plant: "chmod 777 /run/rpcd",
      mend: "systemd-tmpfiles --create /etc/tmpfiles.d/rpcd.conf",
      where: /\/run\/rpcd$/,
      text: /others could put their own socket there|others than its owner/,
      says: /tmpfiles|chmod/,
    },
    "29: a socket that everybody may connect to": {
      plant: "chmod 666 /run/rpcd/rpcd.sock",
      mend: "chmod 660 /run/rpcd/rpcd.sock",
      where: /rpcd\.sock$/,
      text: /every user may connect/,
      says: /SocketMode=0660/,
    },
    "30: an older rpcd that still runs": {
      plant: 'sed -i \'s/"version": "0.1.0"/"version": "0.1.1"/\' /usr/lib/node_modules/rpcd/package.json',
      mend: 'sed -i \'s/"version": "0.1.1"/"version": "0.1.0"/\' /usr/lib/node_modules/rpcd/package.json',
      where: /^process \d+$/,
      text: /rpcd 0\.1\.0 runs, and 0\.1\.1 is installed/,
      says: /systemctl restart rpcd/,
    },
    "31: a socket that everybody may connect to, in a list of addresses": {
      plant: `cp -p ${CONFIG} /tmp/config; sed -i 's/^listen: .*/listen: [unix:\\/run\\/rpcd\\/rpcd.sock]/' ${CONFIG}; chmod 666 /run/rpcd/rpcd.sock`,
      mend: `cp -p /tmp/config ${CONFIG}; chmod 660 /run/rpcd/rpcd.sock`,
      where: /rpcd\.sock$/,
      text: /every user may connect/,
      says: /SocketMode=0660/,
    },
    "32: a daemon that runs and cannot be found": {
      plant: "mv /run/rpcd/daemon/status.json /run/rpcd/daemon/status.away",
      mend: "mv /run/rpcd/daemon/status.away /run/rpcd/daemon/status.json",
      where: /status\.json$/,
      text: /is not found by it/,
      says: /systemctl restart rpcd/,
    },
    "33: a unit that is gone": {
      plant:
        "mv /etc/systemd/system/rpcd.service /root/rpcd.service; systemctl daemon-reload; systemctl stop rpcd.service",
      mend: "rpcd install-units && systemctl reset-failed rpcd.socket || true; systemctl start rpcd.socket rpcd.service",
      where: /^rpcd\.service$/,
      text: /knows no such unit/,
      says: /rpcd install-units/,
    },
    "34: a configuration that is gone": {
      plant: `mv ${CONFIG} /root/rpcd.yaml`,
      mend: `mv /root/rpcd.yaml ${CONFIG}`,
      where: /rpcd\.yaml$/,
      text: /there is no file/,
      says: /rpcd init makes one/,
    },
    "35: a drop-in that names another host key, which others may read": {
      plant: `install -m 644 /etc/rpcd/host_key /etc/rpcd/other_key; mkdir -p ${DROP_INS}; printf '[Service]\\nLoadCredential=host_key:/etc/rpcd/other_key\\n' > ${DROP_INS}/key.conf; systemctl daemon-reload`,
      mend: `rm ${DROP_INS}/key.conf /etc/rpcd/other_key; systemctl daemon-reload`,
      where: /other_key$/,
      text: /others may read the secret/,
      says: /chmod 600/,
    },
  };
  test("runs the check of somebody else's configuration, and what that names, as its owner", async () => {
    const own = "/home/alice/own";
    await box.run(["rpcd", "init", own], { user: "alice" });
    await sh(`chmod go+x /home/alice; chmod -R go+rX ${own}/services`);
    box.edit(
      `${own}/services/example.mjs`,
      (text) =>
        `import { appendFileSync } from "node:fs";\nappendFileSync("${own}/uids", process.getuid() + " ");\n${text}`,
    );
    const { out } = await box.try(["rpcctl", "doctor", "--daemon-config", `${own}/rpcd.yaml`]);
    assert.match(out, /^ok {4}the configuration \/home\/alice\/own\/rpcd\.yaml/m, out);
    assert.equal(await sh(`cat ${own}/uids`), await sh("id -u alice"));
    await sh(`rm -rf ${own}; chmod 700 /home/alice`);
  });

  for (const [name, fault] of Object.entries(faults)) test(`finds ${name}`, () => planted(fault));
});
