/** Copying, with a button that says what it does and that it was done. */

const CONFIRMED = 2_000; // ms that the confirmation stays

/** Put text on the clipboard; true if that went well. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // no clipboard outside HTTPS, or no permission
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.className = "code-copied-text";
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  return done;
}

/** A button that copies what `text()` gives when it is pressed. */
export function copyButton(name, text) {
  const button = document.createElement("button");
  const label = document.createElement("span");
  button.type = "button";
  button.className = "code-copy";
  button.ariaLabel = name;
  label.setAttribute("role", "status");
  label.textContent = "Copy";
  button.append(label);
  let timer;
  button.addEventListener("click", async () => {
    const done = await copy(text());
    clearTimeout(timer);
    say(done ? "Copied" : "Press Ctrl+C", done ? "Copied" : name);
    timer = setTimeout(say, CONFIRMED, "Copy", name);
  });
  function say(words, accessible) {
    label.textContent = words;
    button.ariaLabel = accessible;
    button.classList.toggle("is-copied", words === "Copied");
  }
  return button;
}
