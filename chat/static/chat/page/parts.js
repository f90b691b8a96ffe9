/** The named parts of the page: elements by id and data attribute, and copies of its templates. */

export const byId = (id) => document.getElementById(id);

export const part = (root, name) => root.querySelector(`[data-part="${name}"]`);

/** A new element made from the `<template>` with this id. */
export const copyOf = (template) => byId(template).content.firstElementChild.cloneNode(true);

/** An element with text, where no template says more: `made("p", "Hello", {"data-part": "words"})`. */
export function made(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
