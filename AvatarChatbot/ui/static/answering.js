/** Which engines have made the last answer. */

import { element } from "./dom.js";

/** What each stage of an answer is to whoever reads it, in the order that an answer takes. */
const STAGES = { asr: "Understood by", llm: "Words by", tts: "Voice by", animation: "Face by" };

/** @param {Record<string, string>} engines of `done` (docs/protocol.md), by stage */
export function showEngines(engines) {
  const known = Object.entries(STAGES).filter(([stage]) => engines[stage]);
  element("answering").replaceChildren(
    ...known.flatMap(([stage, title]) => [row("dt", title), row("dd", /** @type {string} */ (engines[stage]))]),
  );
  element("answering").hidden = known.length === 0;
}

/**
 * @param {"dt" | "dd"} tag
 * @param {string} text
 */
function row(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}
