/** A persona's card, which its user corrects. */

import { answered, element } from "./dom.js";

/** Fields that the card shows; of those with several sentences, one is a line. */
const FIELDS = ["name", "physicalDescription", "personalityTraits", "background", "likes", "voice"];
const LISTS = new Set(["personalityTraits", "background", "likes"]);
const DRAFTED =
  "Drafted from what can be seen and heard. Change what is wrong, and add what you like: answers are made of this.";
const KNOWN = "Answers are made of this. What you change counts from the next answer on.";
const OURS = "Answers are made of this. It came with the program and stays as it is.";

/** @typedef {Record<string, any>} Card */

/**
 * Show a card that was just drafted, or one that is kept (`isKept`), to be corrected.
 * @param {Card} card
 * @param {{picture: string, isKept?: boolean, save: (changed: Card) => Promise<void>}} how
 *   `save`: keeps what was changed; what it raises is told, and the card stays open
 * @returns {Promise<"saved" | "deleted" | "cancelled">} how it was left; deleting is the caller's
 */
export async function corrected(card, { picture, isKept = false, save }) {
  filled(card, picture, isKept ? KNOWN : DRAFTED);
  const [dialog, keep, remove] = ["card", "keep", "card-delete"].map(element);
  keep.textContent = isKept ? "Save" : "Talk to them";
  remove.hidden = !isKept;
  remove.onclick = () => dialog.close("deleted");
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    notice("");
    keep.disabled = true;
    try {
      await save(left(card));
      dialog.close("saved");
    } catch (error) {
      notice(error instanceof Error ? error.message : String(error));
    } finally {
      keep.disabled = false;
    }
  };
  const how = await answered(dialog);
  return how === "saved" || how === "deleted" ? how : "cancelled";
}

/**
 * Show a card that nobody may change.
 * @param {Card} card
 * @param {string} picture
 */
export async function shown(card, picture) {
  filled(card, picture, OURS);
  element("keep").hidden = element("card-delete").hidden = true;
  element("card-cancel").textContent = "Close";
  for (const field of FIELDS) element(`card-${field}`).readOnly = true;
  await answered(element("card"));
}

/**
 * @param {Card} card
 * @param {string} picture
 * @param {string} about
 */
function filled(card, picture, about) {
  notice("");
  element("card-about").textContent = about;
  element("card-picture").src = picture;
  element("card-picture").hidden = !picture;
  element("keep").hidden = element("keep").disabled = false;
  element("card-cancel").textContent = "Cancel";
  for (const field of FIELDS) {
    const value = card[field] ?? (LISTS.has(field) ? [] : "");
    element(`card-${field}`).value = LISTS.has(field) ? value.join("\n") : value;
    element(`card-${field}`).readOnly = false;
  }
}

/**
 * The card as it was left. What was changed is said to be given.
 * @param {Card} card
 * @returns {Card}
 */
function left(card) {
  const changed = { ...card, provenance: { ...card.provenance } };
  for (const field of FIELDS) {
    const text = element(`card-${field}`).value;
    changed[field] = LISTS.has(field) ? lines(text) : text.trim();
    if (JSON.stringify(changed[field]) !== JSON.stringify(card[field])) changed.provenance[field] = "given";
  }
  return changed;
}

/** @param {string} text */
function notice(text) {
  element("card-notice").textContent = text;
  element("card-notice").hidden = !text;
}

/**
 * @param {string} text
 */
function lines(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
