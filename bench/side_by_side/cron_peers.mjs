// cron_peers.mjs FOLDER SECONDS: next fires a second of croner and cron-parser, walked from fire to fire as cron_bench does. One object
// that is asked again and again where the peer's interface has one.
import { createRequire } from "node:module";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const [folder, seconds] = [process.argv[2], Number(process.argv[3])];
const modules = join(folder, "node_modules");
mkdirSync(modules, { recursive: true });
for (const versioned of ["croner@11.0.1", "cron-parser@5.10.6", "luxon@3.7.2"]) {
  const link = join(modules, versioned.slice(0, versioned.lastIndexOf("@")));
  if (!existsSync(link)) symlinkSync(join(folder, versioned, "package"), link);
}
const require = createRequire(join(modules, "x.js"));
const { Cron } = require("croner");
const { CronExpressionParser } = require("cron-parser");

const begin = new Date("2026-01-01T00:00:00Z");
const end = new Date("2046-01-01T00:00:00Z");
const walks = {
  croner(expression, zone) {
    const job = new Cron(expression, { timezone: zone, paused: true });
    let at = begin;
    return () => {
      at = job.nextRun(at);
      if (!at || at >= end) at = begin;
    };
  },
  "cron-parser"(expression, zone) {
    const start = () => CronExpressionParser.parse(expression, { tz: zone, currentDate: begin });
    let iterator = start();
    return () => {
      if (iterator.next().getTime() >= end.getTime()) iterator = start();
    };
  },
};

for (const zone of ["UTC", "Europe/Berlin"])
  for (const expression of ["*/5 * * * *", "30 2 * * *", "0 9 * * MON-FRI", "0 0 L * *", "0 0 * * FRI#2", "0 0 29 2 *"])
    for (const [tool, walk] of Object.entries(walks)) {
      const step = walk(expression, zone);
      // Of this thread: what else the machine or the collector of garbage does is not counted.
      const started = process.threadCpuUsage();
      let count = 0, elapsed = 0;
      while (elapsed < seconds) {
        for (let i = 0; i < 20; i++) step();
        count += 20;
        const used = process.threadCpuUsage(started);
        elapsed = (used.user + used.system) / 1e6;
      }
      console.log(JSON.stringify({ tool, zone, expression, per_second: Math.round(count / elapsed) }));
    }
