/** What both the page and its parts do with its elements. */

/**
 * @param {string} id
 * @returns {any} the element; the page has it
 */
export const element = (id) => document.getElementById(id);

/**
 * Ask in a dialog.
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<unknown>} settled when it is closed
 */
export function answered(dialog) {
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
}
