/** The one websocket of this tab: commands and their answers, and coming back after every loss. */

import { Line } from "./line.js";

const QUIET = 20_000; // ms without a frame until we ask whether the server is there
const QUIET_WHILE_ANSWERING = 5_000;
const ANSWER_WITHIN = 5_000; // ms for a pong
const HELLO_WITHIN = 10_000;
const SLOWEST = 6_000; // ms between two attempts
const STEADY = 5_000; // ms that a connection has to last, or the next attempt waits longer than the last one did
const TOO_MANY = 30_000; // ms to wait after 4429

export const CLOSED = { login: 4401, origin: 4403, tooMany: 4429 };

/** The connection went before the answer came: whether the server took the command is not known. */
export class Lost extends Error {}

export class Socket {
  #answering = false;
  #heard = 0;
  #since = 0;
  #line = null;
  #up = false;
  #attempt = 0;
  #retry = 0;
  #quiet = 0;
  #commands = 0;
  #waiting = new Map();

  /** `listener`: `frame(frame)`, `up(hello)`, `down()` and `shut(code)`; the last when we shall not try again. */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
    addEventListener("online", () => (this.#up ? this.#probe() : this.connect()));
    addEventListener("offline", () => this.#probe());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#look());
    document.addEventListener("visibilitychange", () => document.hidden || this.#look());
  }

  get up() {
    return this.#up;
  }

  /** Whether an answer is being written: then silence is suspicious sooner. */
  set answering(answering) {
    if (answering === this.#answering) return;
    this.#answering = answering;
    if (this.#up) this.#listenForSilence();
  }

  connect() {
    clearTimeout(this.#retry);
    this.#drop();
    this.#line = new Line(this.url, { frame: (frame) => this.#hear(frame), closed: (code) => this.#lose(code) });
    this.#quiet = setTimeout(() => this.#lose(1006), HELLO_WITHIN);
  }

  /** The answer to a command, `refused` included; throws `Lost`. */
  request(command) {
    if (!this.#up) return Promise.reject(new Lost());
    const id = String(++this.#commands);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#line.send({ ...command, id });
    });
  }

  /** A command that nobody waits for. */
  tell(command) {
    if (this.#up) this.#line.send(command);
  }

  #hear(frame) {
    this.#heard = performance.now();
    if (frame.type === "hello") {
      this.#up = true;
      this.#since = this.#heard;
      this.#listenForSilence();
      this.listener.up(frame);
      return;
    }
    this.#waiting.get(frame.re)?.resolve(frame);
    this.#waiting.delete(frame.re);
    this.listener.frame(frame);
  }

  #lose(code) {
    if (this.#up && performance.now() - this.#since > STEADY) this.#attempt = 0;
    this.#drop();
    for (const { reject } of this.#waiting.values()) reject(new Lost());
    this.#waiting.clear();
    if (code === CLOSED.login || code === CLOSED.origin) {
      this.listener.shut(code);
      return;
    }
    this.listener.down();
    this.#retry = setTimeout(() => this.connect(), this.#pause() + (code === CLOSED.tooMany ? TOO_MANY : 0));
  }

  /** Have nothing more to do with the present socket, whatever may still come from it. */
  #drop() {
    clearTimeout(this.#quiet);
    this.#up = false;
    this.#line?.close();
    this.#line = null;
  }

  /** Half to the whole of a time that doubles, so that a thousand tabs do not come back at once. */
  #pause() {
    const longest = Math.min(SLOWEST, 500 * 2 ** this.#attempt++);
    return longest * (0.5 + Math.random() / 2);
  }

  /** The reader is back: is the server? */
  #look() {
    if (this.#line === null) this.connect();
    else this.#probe();
  }

  /** One timer that looks at the clock: to set a new one with every frame would be most of what a frame costs. */
  #listenForSilence() {
    clearTimeout(this.#quiet);
    const left = this.#heard + (this.#answering ? QUIET_WHILE_ANSWERING : QUIET) - performance.now();
    if (left <= 0) this.#probe();
    this.#quiet = setTimeout(() => this.#listenForSilence(), left > 0 ? left : ANSWER_WITHIN);
  }

  /** A dead network does not close a socket for minutes: ask, and give up on it ourselves. */
  #probe() {
    if (!this.#up) return;
    const line = this.#line;
    const deadline = setTimeout(() => line === this.#line && this.#lose(1006), ANSWER_WITHIN);
    this.request({ type: "ping" }).then(() => clearTimeout(deadline), () => clearTimeout(deadline));
  }
}
