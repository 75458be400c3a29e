import { Children } from "./children.ts";
import { benchFolder, sourcePath } from "./places.ts";
import { rewritePage, writeResult } from "./publish.ts";
import { run, runSiege } from "./run.ts";
import { markdownOf, textOf } from "./table.ts";
import { HELP, readWords, type Words } from "./words.ts";

/*
 * npm run bench. It ends with 0 if everything was measured and every answer was right, whatever the figures are:
 * a bar that is missed is shown. It ends with 1 if something failed, 2 for a wrong command line, 130 after Ctrl-C.
 */

function progress(text: string): void {
  console.error(`bench: ${text}`);
}

async function bench({
  plan,
  workloads,
  siege,
  attack,
  otherBuild,
  json,
  markdown,
  write,
  profile,
}: Words): Promise<number> {
  const children = new Children();
  const { path: folder, onDisk, remove } = benchFolder();
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
    // What waits for them fails then, and that ends the run.
    void children.endAll();
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const flags = profile === undefined ? {} : { node: ["--cpu-prof", `--cpu-prof-dir=${profile}`] };
    const wanted = { plan, workloads, flags, folder, onDisk, progress };
    const report = siege
      ? await runSiege(children, { ...wanted, attack, otherBuild })
      : await run(children, wanted);
    writeResult(json, `${JSON.stringify(report, undefined, 2)}\n`);
    console.log(markdown ? markdownOf(report) : textOf(report));
    if (write) rewritePage(sourcePath("docs/performance.md"), markdownOf(report));
    progress(`the figures are in ${json}`);
    return 0;
  } catch (error) {
    if (isInterrupted) return 130;
    console.error("bench: a measurement failed:", error);
    return 1;
  } finally {
    await children.endAll();
    remove();
  }
}

function words(): Words | undefined {
  try {
    return readWords(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}; see --help`);
    return undefined;
  }
}

const wanted = words();
if (wanted === undefined) process.exitCode = 2;
else if (wanted.help) console.log(HELP);
else process.exitCode = await bench(wanted);
