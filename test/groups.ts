/** The files that share a process, and the folder that they are of. */
export interface TestGroup {
  readonly folder: string;
  readonly files: readonly string[];
}

/** Folders whose tests wait for daemons: they come first, in small groups, so that no core idles at the end. */
const WAITING: readonly string[] = [
  "hostile",
  "live",
  "cli",
  "daemon",
  "interop",
  "link",
  "client",
  "bench",
  ".",
];
const WAITING_FILES = 4;
/** The tests of the other folders only compute. */
const COMPUTING_FILES = 16;

/**
 * Which test files share a process: most take longer to load the project than to run.
 *
 * @param files - below `dist/test`
 * @param isAlone - whether a file needs a process of its own
 * @returns each file once
 */
export function groupTests(
  files: readonly string[],
  isAlone: (file: string) => boolean,
): readonly TestGroup[] {
  const sorted = files.toSorted();
  const folders = [...new Set(sorted.map(folderOf))].toSorted((a, b) => rank(a) - rank(b));
  return folders.flatMap((folder) => {
    const own = sorted.filter((file) => folderOf(file) === folder);
    const alone = own.filter(isAlone);
    const together = own.filter((file) => !alone.includes(file));
    return [...spread(together, sizeOf(folder)), ...alone.map((file) => [file])].map((group) => ({
      folder,
      files: group,
    }));
  });
}

/** Every so manyth file, not neighbours: those that take long are often beside one another. */
function spread(files: readonly string[], size: number): readonly (readonly string[])[] {
  const count = Math.ceil(files.length / size);
  return Array.from({ length: count }, (_, i) => files.filter((_file, at) => at % count === i));
}

function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : ".";
}

function sizeOf(folder: string): number {
  return WAITING.includes(folder) ? WAITING_FILES : COMPUTING_FILES;
}

function rank(folder: string): number {
  const at = WAITING.indexOf(folder);
  return at === -1 ? WAITING.length : at;
}
