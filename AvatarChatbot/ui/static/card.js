/** A persona's card, which its user corrects. */

import { answered, element } from "./dom.js";

/** Fields that the card shows; of those with several sentences, one is a line. */
const FIELDS = ["name", "physicalDescription", "personalityTraits", "background", "likes", "voice"];
const LISTS = new Set(["personalityTraits", "background", "likes"]);

/**
 * The card as it is left. What was changed is said to be given.
 * @param {Record<string, any>} card
 * @returns {Promise<Record<string, any>>}
 */
export async function corrected(card) {
  for (const field of FIELDS) {
    element(`card-${field}`).value = LISTS.has(field) ? card[field].join("\n") : card[field];
  }
  await answered(element("card"));
  const changed = { ...card, provenance: { ...card.provenance } };
  for (const field of FIELDS) {
    const text = element(`card-${field}`).value;
    changed[field] = LISTS.has(field) ? lines(text) : text.trim();
    if (JSON.stringify(changed[field]) !== JSON.stringify(card[field])) changed.provenance[field] = "given";
  }
  return changed;
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
