/** The chat page: makes its parts and lets them know of each other. */

import * as actions from "./page/actions.js";
import { announce } from "./page/announce.js";
import { Asking } from "./page/asking.js";
import { Composer } from "./page/composer.js";
import * as connection from "./page/connection.js";
import { Dialogs } from "./page/dialogs.js";
import { post, toLogin } from "./page/http.js";
import * as keys from "./page/keys.js";
import { Live } from "./page/live.js";
import { Navigation } from "./page/navigation.js";
import { byId, part } from "./page/parts.js";
import { Follower } from "./page/scroll.js";
import { Sidebar } from "./page/sidebar.js";
import { CLOSED, Socket } from "./page/socket.js";
import * as spending from "./page/spending.js";
import { Switcher } from "./page/switcher.js";
import * as transcript from "./page/transcript.js";
import { addressOf, conversation } from "./page/where.js";

const AWAY = 300_000; // ms that nobody looked at this page, after which it is brought up to date
let hiddenAt = Infinity;

const socket = new Socket(`${location.origin.replace(/^http/, "ws")}/ws/chat/`, { up, down, shut, frame });
const follower = new Follower();
const sidebar = new Sidebar();
const switcher = new Switcher();
const composer = new Composer({ send: (message) => asking.send(message), stop: () => asking.stop() });
const live = new Live(socket, {
  changed,
  gone,
  shown: () => asking.showPending(),
  note: (sentence) => composer.note(sentence),
});
const asking = new Asking(socket, live, composer, { changed, created, asked: () => follower.toEnd() });
const dialogs = new Dialogs(sidebar, { changed: hearOf });

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-action]");
  const act = target && DEEDS[target.dataset.action];
  if (!act || (target.tagName === "A" && (event.ctrlKey || event.metaKey || event.shiftKey))) return;
  event.preventDefault();
  target.closest("[popover]")?.hidePopover();
  Promise.resolve(act(target)).catch(problem);
});
const navigation = new Navigation({ leaving, arrived, failed: (sentence) => composer.note(sentence) });

const DEEDS = {
  copy: actions.copyMessage,
  retry: (button) => asking.again(button.closest("li"), byId("model").value),
  edit: (button) => composer.edit(button.closest("li")),
  "cancel-edit": () => composer.cancelEdit(),
  previous: switchBranch,
  next: switchBranch,
  earlier: (link) => actions.showEarlier(link, follower),
  start: (button) => composer.fill(button.dataset.text),
  more: (link) => sidebar.more(link),
  list: (link) => sidebar.look(link),
  rename: (button) => dialogs.open("rename", idOf(button)),
  delete: (button) => dialogs.open("delete", idOf(button)),
  archive: (button) => archive(idOf(button), true),
  unarchive: (button) => archive(idOf(button), false),
  "dismiss-budget": () => spending.dismiss(),
  fold: () => sidebar.fold(),
  "open-drawer": () => sidebar.openDrawer(),
  "close-drawer": () => sidebar.closeDrawer(),
};

keys.listen({
  search: () => switcher.open(),
  create: () => navigation.go("/"),
  focus: () => composer.focus(),
  escape,
  editLast,
});
document.addEventListener("visibilitychange", seen);
arrived();
socket.connect();
document.body.dataset.alive = "";

function up({ limits }) {
  if (connection.found()) readAgain();
  composer.limit = limits.text;
  live.watch();
  asking.outbox.flush();
}

/** What happened while there was no connection was told to nobody. */
function readAgain() {
  sidebar.refresh();
  spending.refresh();
}

/** Nor was what happened while the server could not hear of it: a reader who comes back sees how things stand. */
function seen() {
  if (document.hidden) hiddenAt = performance.now();
  else if (socket.up && performance.now() - hiddenAt > AWAY) {
    readAgain();
    live.watch();
  }
}

function problem(error) {
  composer.note(error.status ? error.message : "There is no connection to the server.");
}

function down() {
  connection.lost();
}

function shut(code) {
  composer.save();
  if (code === CLOSED.login) toLogin();
  else connection.show("The server does not accept this address. Ask an administrator to add it to CSRF_TRUSTED_ORIGINS.");
}

function frame(frame) {
  if (frame.type === "turn") asking.announced(frame);
  else if (frame.type === "conversation") hearOf(frame);
  else if (frame.type === "spending") spending.hear(frame);
  else if (["block", "delta", "status", "ended"].includes(frame.type)) live.progress(frame);
}

/** Something about a conversation changed, here or in another tab. */
function hearOf(frame) {
  sidebar.hear(frame);
  if (frame.conversation !== conversation()) return;
  if (frame.archived !== undefined) byId("archived").hidden = !frame.archived;
  if (frame.deleted) gone();
  else if (frame.title !== undefined) {
    byId("title").textContent = frame.title;
    document.title = `${frame.title} · Chat`;
  }
}

/** The conversation that a button is about: that of its line in the list, or else the one on show. */
const idOf = (button) => button.closest("li[data-conversation]")?.dataset.conversation ?? conversation();

/** Put a conversation away or back: shown at once, and taken back where it was refused. */
async function archive(id, archived) {
  hearOf({ conversation: id, archived });
  announce(archived ? "Archived." : "Not archived any more.");
  try {
    await post(`${addressOf(id)}archive/`, { archived });
    if (!archived) sidebar.refresh();
  } catch (error) {
    hearOf({ conversation: id, archived: !archived });
    throw error;
  }
}

/** The conversation on show is not there any more; what was typed moves to a new one. */
function gone() {
  if (conversation() === null) return;
  composer.moveOut();
  navigation.go("/").then(() => composer.note("That conversation was deleted."));
}

function leaving() {
  composer.save();
  live.leave();
}

/** A conversation is on the page: from the server, whole, or swapped in. */
function arrived() {
  sidebar.closeDrawer();
  sidebar.mark();
  composer.open(conversation());
  live.open();
  asking.showPending();
  follower.open();
}

function created(id) {
  byId("open-settings").hidden = false;
  byId("settings-model").value = byId("model").value;
  sidebar.hear({ conversation: id, running: true, updated: true });
}

/** Something began or ended. */
function changed() {
  const running = Boolean(asking.pending ?? live.running);
  composer.running = running;
  socket.answering = running;
}

async function switchBranch(link) {
  if (!link.href) return;
  const leaf = actions.leafOf(link);
  const item = link.closest("li");
  const top = item.getBoundingClientRect().top;
  const parent = item.dataset.parent;
  if (!(await live.reread(leaf))) return composer.note("That version could not be read. Try again.");
  history.replaceState(history.state, "", `${addressOf(conversation())}?leaf=${leaf}`);
  const now = transcript.items().find((other) => other.dataset.parent === parent && other.dataset.role === item.dataset.role);
  if (!now) return;
  follower.put(now, top);
  // The link that was pressed is gone, and with it the focus.
  const links = [...part(now, "branches").querySelectorAll("a[href]")];
  (links.find((other) => other.dataset.action === link.dataset.action) ?? links[0])?.focus({ preventScroll: true });
}

function escape() {
  if (sidebar.closeDrawer()) return true;
  if (composer.editing) return composer.cancelEdit();
  if (!asking.pending && !live.running) return false;
  return asking.stop();
}

function editLast() {
  const last = transcript.items().findLast((item) => item.dataset.role === "user");
  if (!composer.empty || composer.editing || !last || asking.pending || live.running) return false;
  return composer.edit(last);
}
