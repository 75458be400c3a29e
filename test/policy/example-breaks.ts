/**
 * What becomes of the example when one of its lines is broken.
 *
 * `line` is a line of the example without its indentation and comment, and `broken` what stands in its place. The code
 * is found on that line or, where the line is what others refer to, on each of those in `on`: they begin like that.
 */
export interface Break {
  readonly line: string;
  readonly broken: string;
  readonly code: string;
  readonly on?: readonly string[];
}

const breaks = (line: string, broken: string, code: string, ...on: readonly string[]): Break =>
  on.length === 0 ? { line, broken, code } : { line, broken, code, on };

const AS_CERTIFICATE = "- as: {authority: fleet-ca, name: web-7.fleet.example, roles: [viewer]}";
const DEPLOY_WEB = '- service.deploy(unit="web", version="v1.2.3")';
const DEPLOY_API = '- service.deploy(unit="api", version="v1.2.3", canary=0.25, image=<stream>)';
const DEPLOY_DB = '- service.deploy(unit="db", version="v1.2.3")';
const NEVER_RESTART = "only-admins-restart: {call: service.restart, unless: admin}";

/** One for each line that is neither empty nor a comment, in the order of the example. */
export const breaksOf = (keys: Readonly<Record<string, string>>): readonly Break[] => [
  breaks("policy: 1", "policy: 2", "P204"),

  breaks("roles:", "rolls:", "P201"),
  breaks("viewer:", "veiwer:", "P301", "operator: {includes", "to: viewer", "roles: [viewer", AS_CERTIFICATE),
  breaks("operator: {includes: [viewer]}", "operator: {include: [viewer]}", "P201"),
  breaks("admin: {includes: [operator]}", "admin: {includes: [operator, admin]}", "P302"),
  breaks("deployer:", "", "P301", "roles: [deployer]", "to: deployer"),

  breaks("identities:", "identity:", "P201"),
  breaks("alice:", "alice smith:", "P206"),
  breaks("keys:", "kees:", "P201"),
  breaks(`- ${keys["alice@laptop"]}`, `- ${keys["alice@laptop"]?.replace("AAAAC3", "AAAAC4")}`, "P207"),
  breaks(`- ${keys["alice@backup"]}`, `- ${keys["alice@laptop"]}`, "P303"),
  breaks("roles: [admin]", "roles: [admn]", "P301"),
  breaks("ci-runner:", "ci-runer:", "P301", "- as: ci-runner"),
  breaks(`keys: [${keys["ci-runner"]}]`, "keys: []", "P203"),
  breaks("roles: [deployer]", "roles: {deployer: }", "P203"),
  breaks("valid: {until: 2026-12-31T00:00:00Z}", "valid: {until: 2026-06-01T12:00:00Z}", "P601", DEPLOY_WEB),

  breaks("authorities:", "authority:", "P201"),
  breaks("fleet-ca:", "fleet:", "P301", AS_CERTIFICATE),
  breaks(`keys: [${keys["fleet-ca"]}]`, `keys: [${keys["ci-runner"]}]`, "P303"),
  breaks("names: [web-*.fleet.example, db-*.fleet.example]", "names: ['web-[0-9].fleet.example']", "P209"),
  breaks("roles: [viewer, operator]", "roles: [viewer, oprator]", "P301"),

  breaks(`revoked: [${keys["stolen laptop"]}]`, "revoked: [SHA256:short]", "P207"),

  breaks("grants:", "grant:", "P201"),
  breaks("math:", "2math:", "P206"),
  breaks("to: viewer", "to: veiwer", "P301"),
  breaks("call: [math.add, math.mul]", "call: [math.add, math.m*]", "P205"),
  breaks(
    "args: {0: {int: -1000..1000}, 1: {int: -1000..1000}}",
    "args: {0: {int: 1000..-1000}, 1: {int: -1000..1000}}",
    "P208",
  ),
  breaks("status:", "math:", "P102"),
  breaks("to: viewer", "to: []", "P203"),
  breaks("call: [service.status, metrics.**]", "call: [service.status, metrics.**.load]", "P205"),
  breaks("args: any", "argz: any", "P201"),
  breaks("tail-logs:", "tail logs:", "P206"),
  breaks("to: operator", "to: id:operator", "P301"),
  breaks("call: log.tail", "call:", "P202"),
  breaks("args:", "arguments:", "P201"),
  breaks(
    "path: {path: [/var/log/app/*.log, /var/log/app/archive/**]}",
    "path: {path: [/var/log/app/../*.log]}",
    "P209",
  ),
  breaks("lines?: {int: 1..5000}", "lines?: {int: 1-5000}", "P208"),
  breaks(
    "on-line: {callback: {calls: 10000, for: 10m}}",
    "on-line: {callback: {calls: 0, for: 10m}}",
    "P212",
  ),
  breaks("limits: {concurrent: 4, timeout: 10m}", "limits: {concurrent: 4, timeout: 10}", "P212"),
  breaks("deploy:", "de.ploy:", "P206"),
  breaks("to: deployer", "to: deployers", "P301"),
  breaks("call: service.deploy", "call: service..deploy", "P205"),
  breaks("args:", "arg:", "P201"),
  breaks("unit: {enum: [web, api, worker]}", "unit: {enum: [web, api, worker, db]}", "P601", DEPLOY_DB),
  breaks(
    "version: {re: 'v[0-9]{1,4}(\\.[0-9]{1,4}){2}'}",
    "version: {re: '^v[0-9]{1,4}(\\.[0-9]{1,4}){2}$'}",
    "P209",
  ),
  breaks("canary?: [{number: 0..0.5}, null]", "canary?: [{number: 0..0.2}, null]", "P601", DEPLOY_API),
  breaks(
    'tags?: {list: {of: {re: "[a-z0-9-]{1,32}"}, len: 0..8}}',
    "tags?: {list: {of: {re: '[a-z0-9-]{1,32}'}, len: 8}}",
    "P208",
  ),
  breaks(
    'labels?: {map: {team: {enum: [core, edge]}, ticket?: {re: "[A-Z]{2,5}-[0-9]{1,6}"}}}',
    "labels?: {map: {team: {enum: [core, edge]}, ticket?: {re: '[A-Z]{2,5}-[0-9]{1,6}', len: 1..9}}}",
    "P203",
  ),
  breaks("note?: {string: 0..280}", "note?: {text: 0..280}", "P201"),
  breaks("image?: stream", "image?: any", "P601", DEPLOY_API),
  breaks("via: [tls]", "via: [tsl]", "P203"),
  breaks("from: [10.20.0.0/16, 2001:db8:20::/48]", "from: [10.20.3.4/16, 2001:db8:20::/48]", "P210"),
  breaks(
    "valid: {since: 2026-01-01T00:00:00Z, until: 2026-12-31T00:00:00Z}",
    "valid: {since: 2026-12-31T00:00:00Z, until: 2026-01-01T00:00:00Z}",
    "P211",
  ),
  breaks(
    "limits: {rate: 6/h, concurrent: 1, timeout: 15m, request: 64KiB}",
    "limits: {rate: 6/fortnight, concurrent: 1, timeout: 15m, request: 64KiB}",
    "P212",
  ),
  breaks("control:", "con:trol:", "P206"),
  breaks("to: admin", "to: everyone", "P602", NEVER_RESTART),
  breaks("call: service.*", "call: '*'", "P205"),
  breaks("except: service.deploy", "excpt: service.deploy", "P201"),
  breaks("args: any", "args: [any]", "P203"),

  breaks("shadow:", "shadows:", "P201"),
  breaks("operators-may-restart:", "operators may restart:", "P206"),
  breaks("to: operator", "to: [operator, operater]", "P301"),
  breaks("call: service.restart", "call: service.restart.", "P205"),
  breaks("args: {unit: {enum: [web, api]}}", "args: {unit: {enum: {web: api}}}", "P203"),

  breaks("never:", "nevr:", "P201"),
  breaks(NEVER_RESTART, "only-admins-restart: {call: service.restart, unless: deployer}", "P602"),
  breaks(
    "logs-stay-in-var-log: {call: log.tail, args: {path: {path: /etc/**}}}",
    "logs-stay-in-var-log: {call: log.tail, args: {path: {path: /var/log/app/a.log}}}",
    "P602",
  ),

  breaks("tests:", "tets:", "P201"),
  breaks("- as: ci-runner", "- as: ci-runer", "P301"),
  breaks("via: tls", "via: unix", "P214", "from: 10.20.3.4"),
  breaks("from: 10.20.3.4", "from: 10.21.3.4", "P601", DEPLOY_WEB, DEPLOY_API),
  breaks("at: 2026-06-01T12:00:00Z", "at: 2026-12-31T00:00:00Z", "P601", DEPLOY_WEB, DEPLOY_API),
  breaks("allow:", "alow:", "P201"),
  breaks(DEPLOY_WEB, '- service.deploy(unit="web", version="v1.2.x")', "P601"),
  breaks(DEPLOY_API, DEPLOY_API.replace("<stream>", "<file>"), "P213"),
  breaks("deny:", "denied:", "P201"),
  breaks(
    '- service.deploy(unit="web", version="v1.2.3; rm -rf /")',
    '- service.deploy(unit="web", version="v1.2.4")',
    "P601",
  ),
  breaks(DEPLOY_DB, DEPLOY_DB.replace("db", "worker"), "P601"),
  breaks('- service.restart(unit="web")', "- service.restart(unit=web)", "P213"),
  breaks(
    AS_CERTIFICATE,
    AS_CERTIFICATE.replace("web-7", "mail-7"),
    "P601",
    "- math.add(2, 3)",
    "- metrics.cpu.load()",
  ),
  breaks("allow:", "allows:", "P201"),
  breaks("- math.add(2, 3)", "- math.add(2, 1001)", "P601"),
  breaks("- metrics.cpu.load()", "- metrics.cpu.load(", "P213"),
  breaks("deny:", "Deny:", "P201"),
  breaks("- math.add(2, 3.5)", "- math.add(2, 3.0)", "P601"),
  breaks("- math.add(2, 3, 4)", "- math.add(2, 3 4)", "P213"),
  breaks(
    '- log.tail(path="/var/log/app/a.log", on-line=<callback>)',
    '- log.tail(path="/var/log/app/a.log", on-line=callback)',
    "P213",
  ),
];
