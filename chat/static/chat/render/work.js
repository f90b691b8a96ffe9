/** What may wait: jobs done in slices so short that nothing the reader does has to wait for them. */

import { attempt, isDrawing, soon } from "./pace.js";

const SLICE = 8; // ms
const jobs = [];
const idle = [];
let awaited = 0; // answers from elsewhere (a module, the highlighter) that will bring more jobs
let running = false;

/** Do this later: while an answer is being drawn with its next frame, since each frame has its price. In order. */
export function later(job) {
  jobs.push(job);
  if (running) return;
  if (isDrawing()) soon(some);
  else turn();
}

/** Count a promise as work under way until it settles. */
export function underWay(promise) {
  awaited++;
  promise.finally(() => {
    awaited--;
    rest();
  });
}

/** Resolves when nothing that was put off is left to do. */
export function settled() {
  return new Promise((resolve) => {
    idle.push(resolve);
    rest();
  });
}

function rest() {
  if (jobs.length || running || awaited) return;
  for (const resolve of idle.splice(0)) resolve();
}

/** Let the browser draw and answer first. */
export function breath() {
  return new Promise((resolve) => {
    if (globalThis.scheduler?.postTask) scheduler.postTask(resolve);
    else setTimeout(resolve);
  });
}

async function turn() {
  running = true;
  while (jobs.length) {
    await breath();
    some(performance.now() + SLICE);
  }
  running = false;
  rest();
}

/** Do jobs until then, at least one; whether none is left. */
function some(deadline) {
  while (jobs.length) {
    attempt(jobs.shift());
    if (performance.now() > deadline) break;
  }
  if (!running) rest();
  return jobs.length === 0;
}
