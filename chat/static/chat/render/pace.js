/** When to draw: in animation frames, and so seldom that drawing never fills the thread. */

const SLICE = 8; // ms that each drawing gets in one frame
const SHARE = 18; // after a frame that cost c none is drawn for c times this
const LONGEST_PAUSE = 300; // ms
const FRAME = 16; // ms

const waiting = new Set();
const patient = new Set();
let resting = true;
let asked = 0;
let follow = () => {};

/** Call `draw(deadline)` in the next frame that may draw; it says whether it has drawn all. */
export function soon(draw) {
  waiting.add(draw);
  if (resting) ask();
}

/** Not any more. */
export function never(draw) {
  if (!waiting.delete(draw) || waiting.size || !asked) return;
  cancelAnimationFrame(asked);
  asked = 0;
  rest();
}

/** Whether frames are being drawn just now: what is to be seen soon had better come with the next of them. */
export const isDrawing = () => !resting;

/** Call back when the next frame may draw: at once, or after the pause. */
export function whenResting(callback) {
  if (resting) callback();
  else patient.add(callback);
}

/** Call back when a frame is drawn and not yet laid out, so that whoever follows the end costs no layout of their own. */
export function whenDrawn(callback) {
  follow = callback;
}

/** Do this; what goes wrong in it is told like any other error, and stops nothing else. */
export function attempt(job) {
  try {
    return job();
  } catch (error) {
    reportError(error);
  }
}

function ask() {
  resting = false;
  asked = requestAnimationFrame(draw);
}

function draw() {
  const started = performance.now();
  const drawings = [...waiting];
  waiting.clear();
  asked = 0;
  for (const each of drawings) if (attempt(() => each(performance.now() + SLICE)) === false) waiting.add(each);
  if (drawings.length) follow();
  afterFrame(() => pause(performance.now() - started));
}

function pause(cost) {
  setTimeout(rest, Math.min(cost * SHARE, LONGEST_PAUSE) - FRAME / 2);
}

function rest() {
  resting = true;
  if (waiting.size) ask();
  for (const callback of patient) callback();
  patient.clear();
}

const { port1, port2 } = new MessageChannel();
const called = [];
port1.onmessage = () => called.shift()();

/** Call back in the task after the one that now styles, lays out and paints. */
function afterFrame(callback) {
  called.push(callback);
  port2.postMessage(null);
}
