/** What both the page and its parts do with its elements. */

/**
 * @param {string} id
 * @returns {any} the element; the page has it
 */
export const element = (id) => document.getElementById(id);

/** Who waits for a dialog to be closed, in order. @type {WeakMap<HTMLDialogElement, ((value: string) => void)[]>} */
const waiting = new WeakMap();

/**
 * Ask in a dialog.
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string>} how it was closed: a button's value; "" where that was Escape or Cancel
 */
export function answered(dialog) {
  const asked = waiting.get(dialog) ?? [];
  if (!waiting.has(dialog)) {
    waiting.set(dialog, asked);
    // The event comes after the focus is back: with quick fingers the dialog is open again by then, and the event is of the time before.
    dialog.addEventListener("close", () => asked.shift()?.(dialog.returnValue));
  }
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => asked.push(resolve));
}

/**
 * Ask before something is done that cannot be undone.
 * @param {string} title the question
 * @param {string} text what is lost
 * @param {string} yes the button's words
 */
export async function confirmed(title, text, yes) {
  element("confirm-title").textContent = title;
  element("confirm-text").textContent = text;
  element("confirm-yes").textContent = yes;
  return (await answered(element("confirm"))) === "yes";
}

/**
 * A copy of a template's one element.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function fromTemplate(id) {
  return element(id).content.firstElementChild.cloneNode(true);
}

/**
 * One of the icons that index.html holds, to be put into a button that has a name.
 * @param {string} name without its "i-"
 */
export function icon(name) {
  const [svg, use] = ["svg", "use"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// Buttons that close their dialog without submitting its form: Enter in a field then presses the dialog's main button instead.
document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element && target.closest("button[data-close]");
  if (button) button.closest("dialog")?.close("");
});
