// queue_peers.mjs PEER URL MODE JOBS: the same as queue_bench (src/queue/queue_bench.cpp), with graphile-worker or pg-boss. Prints one
// line of JSON. Run by bench/queue, which makes node_modules.
import { performance } from "node:perf_hooks";

const [peer, connectionString, mode, count] = process.argv.slice(2);
const jobs = Number(count);
const latencies = [];
let startedJobs = 0;
let enqueuedAt = 0;
let reached = () => {};

const noteStart = (number = 1) => {
  const latency = performance.now() - enqueuedAt;
  for (let i = 0; i < number; ++i) latencies.push(latency);
  startedJobs += number;
  reached();
};
const started = (wanted) =>
  new Promise((resolve) => {
    reached = () => startedJobs >= wanted && resolve();
    reached();
  });

async function oneByOne(enqueue) {
  for (let i = 0; i < jobs; ++i) {
    enqueuedAt = performance.now();
    await enqueue();
    await started(i + 1);
  }
}

async function runGraphileWorker() {
  const { run, makeWorkerUtils, Logger } = await import("graphile-worker");
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  const queries = (sql) => utils.withPgClient((client) => client.query(sql));
  if (mode !== "latency") await queries(`select graphile_worker.add_jobs(array(select json_populate_record(null::graphile_worker.job_spec, '{"identifier": "nothing"}') from generate_series(1, ${jobs})))`);
  // The settings of its own performance test: 24 jobs at once; batched by a local queue of 500 and by ends recorded together.
  const batched = { localQueue: { size: 500, refetchDelay: { durationMs: 10 } }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  const worker = { connectionString, concurrentJobs: 24, maxPoolSize: 25, pollInterval: 2000, logger, ...(mode === "batched" ? batched : {}) };
  const begun = performance.now();
  const runner = await run({ preset: { worker }, taskList: { nothing: () => noteStart() }, noHandleSignals: true });
  if (mode === "latency") await oneByOne(() => utils.addJob("nothing", {}));
  else await started(jobs);
  // A stop interrupts what has started and not ended.
  const count = async () => (await queries("select count(*)::int as n from graphile_worker.jobs")).rows[0].n;
  while ((await count()) > 0);
  await runner.stop();
  const seconds = (performance.now() - begun) / 1000;
  const left = await count();
  await utils.release();
  return { seconds, left };
}

async function runPgBoss() {
  const { PgBoss } = await import("pg-boss");
  const boss = new PgBoss({ connectionString, max: 25 });
  boss.on("error", (error) => { throw error; });
  await boss.start();
  await boss.createQueue("bench");
  if (mode !== "latency") for (let i = 0; i < jobs; i += 1000) await boss.insert("bench", Array.from({ length: Math.min(1000, jobs - i) }, () => ({ data: {} })));
  const begun = performance.now();
  // Its work() asks again every half second at the earliest; to see what its statements can do, they are called without a pause.
  const size = mode === "batched" ? 500 : 1;
  let isOver = false;
  const fetchForever = async () => {
    while (!isOver) {
      const fetched = (await boss.fetch("bench", { batchSize: size })) ?? [];
      if (fetched.length === 0) { if (mode !== "latency") break; continue; }
      noteStart(fetched.length);
      await boss.complete("bench", fetched.map((job) => job.id));
    }
  };
  const loops = Array.from({ length: mode === "batched" ? 2 : mode === "single" ? 24 : 1 }, fetchForever);
  if (mode === "latency") await oneByOne(() => boss.send("bench", {}));
  else await started(jobs);
  isOver = true;
  await Promise.all(loops);
  const seconds = (performance.now() - begun) / 1000;
  await boss.stop({ graceful: false });
  return { seconds, left: 0 };
}

const { seconds, left } = await (peer === "graphile-worker" ? runGraphileWorker() : runPgBoss());
if (left !== 0) throw new Error(`${left} jobs are left`);
latencies.sort((a, b) => a - b);
const percentile = (percent) => Number(latencies[Math.floor(((jobs - 1) * percent) / 100)].toFixed(2));
console.log(JSON.stringify({ jobs, seconds, jobs_per_second: Math.round(jobs / seconds), p50_ms: percentile(50), p99_ms: percentile(99) }));
process.exit(0);
