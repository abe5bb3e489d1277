/** What was chosen in this browser, kept from one visit to the next; where it may keep nothing, for this one. */

const KEPT = "avatarchatbot.settings";
const chosen = read();

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return kept !== null && typeof kept === "object" ? kept : {};
  } catch {
    return {};
  }
}

/**
 * @template Value
 * @param {string} name
 * @param {Value} otherwise where nothing of its type is kept
 * @returns {Value}
 */
export function remembered(name, otherwise) {
  return typeof chosen[name] === typeof otherwise ? chosen[name] : otherwise;
}

/**
 * @param {string} name
 * @param {string | number | boolean} value
 */
export function remember(name, value) {
  chosen[name] = value;
  try {
    localStorage.setItem(KEPT, JSON.stringify(chosen));
  } catch {
    // A private window, or one whose store is full.
  }
}
