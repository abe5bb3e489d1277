/**
 * Keeps the keys' focus: where what has it is disabled, hidden or removed (a conversation that is deleted, "End"), the nearest thing
 * that can be used gets it. Who uses a mouse or a finger is left alone: on a telephone the focus would open the keyboard.
 */

const USABLE = "button:enabled, input:enabled, select:enabled, textarea:enabled, summary, a[href], [tabindex='0']";
const AROUND = "li, ul, ol, fieldset, form, dialog";

/** What has the focus by keys. @type {HTMLElement | undefined} */ let last;
/** What is around it, inmost first. @type {Element[]} */ let around = [];

/** @param {Element} one */
function isUsable(one) {
  return one.matches(`:is(${USABLE}):not([disabled])`) && one.getClientRects().length > 0;
}

document.addEventListener("focusin", ({ target }) => {
  last = target instanceof HTMLElement && target.matches(":focus-visible") ? target : undefined;
  around = [];
  for (let outer = last?.closest(AROUND); outer; outer = outer.parentElement?.closest(AROUND)) around.push(outer);
});

// The address names the conversation: "Skip to …" must leave it as it is.
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("question")?.focus();
});

new MutationObserver(() => {
  if (last === undefined || isUsable(last)) return;
  const focused = document.activeElement;
  if (focused !== null && focused !== document.body && focused !== last && isUsable(focused)) return;
  const places = [...around.filter((outer) => outer.isConnected), ...document.querySelectorAll("dialog[open], #ask, body")];
  const found = places
    .flatMap((place) => [...place.querySelectorAll(":checked"), ...place.querySelectorAll(USABLE)])
    .find(isUsable);
  last = undefined;
  if (found instanceof HTMLElement) found.focus();
}).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "hidden", "open"] });
