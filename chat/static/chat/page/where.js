/** Which conversation and which of its branches this tab shows; the body's data attributes say it. */

const data = () => document.body.dataset;

/** The id of the conversation on show, or null for a new one. */
export const conversation = () => data().conversation || null;

/** The id of the last answer of the branch on show, or null. */
export const leaf = () => data().leaf || null;

export function setLeaf(id) {
  data().leaf = id ?? "";
}

/** The new chat on show became this conversation. */
export function setConversation(id) {
  data().conversation = id;
}

export const addressOf = (id) => (id ? `/c/${id}/` : "/");
