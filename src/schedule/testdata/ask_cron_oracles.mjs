// ask_cron_oracles.mjs FOLDER: reads cases as JSON lines {expression, zone, from, count} from standard input; writes for each a line of
// what croner, cron-parser and cron say: instants, or null where one refuses the expression. FOLDER is fetch_npm's.
import { createRequire } from "node:module";
import { readFileSync, mkdirSync, symlinkSync, existsSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const modules = join(folder, "node_modules");
mkdirSync(modules, { recursive: true });
for (const versioned of ["croner@11.0.1", "cron-parser@5.10.6", "cron@4.4.0", "luxon@3.7.2"]) {
  const name = versioned.slice(0, versioned.lastIndexOf("@"));
  if (!existsSync(join(modules, name))) symlinkSync(join(folder, versioned, "package"), join(modules, name));
}
const require = createRequire(join(folder, "node_modules", "x.js"));
const { Cron } = require("croner");
const { CronExpressionParser } = require("cron-parser");
const { CronTime } = require("cron");

const oracles = {
  croner({ expression, zone, from, count }) {
    return new Cron(expression, { timezone: zone, paused: true }).nextRuns(count, new Date(from));
  },
  "cron-parser"({ expression, zone, from, count }) {
    const iterator = CronExpressionParser.parse(expression, { tz: zone, currentDate: new Date(from) });
    return Array.from({ length: count }, () => iterator.next().toDate());
  },
  cron({ expression, zone, from, count }) {
    const time = new CronTime(expression, zone);
    const found = [];
    for (let at = new Date(from); found.length < count; found.push(at)) at = time.getNextDateFrom(at, zone).toJSDate();
    return found;
  },
};

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const answers = {};
  for (const [name, ask] of Object.entries(oracles)) {
    try {
      answers[name] = ask(JSON.parse(line)).map((at) => at.toISOString().replace(".000Z", "Z"));
    } catch {
      answers[name] = null;
    }
  }
  console.log(JSON.stringify(answers));
}
