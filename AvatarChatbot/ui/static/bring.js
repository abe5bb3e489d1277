/** The dialog in which one brings a face of one's own. */

import { element } from "./dom.js";

/** @param {import("./faces.js").Faces} faces */
export function offerToBring(faces) {
  element("file").onchange = element("consent").onchange = mayBring;
  element("bring").querySelector("form").onsubmit = async (event) => {
    if (event.submitter.value !== "draft") return;
    event.preventDefault();
    await bring(faces);
  };
}

function mayBring() {
  element("draft").disabled = !(element("file").files.length && element("consent").checked);
}

/** @param {import("./faces.js").Faces} faces */
async function bring(faces) {
  const said = element("bring-notice");
  element("draft").disabled = true;
  said.textContent = "Looking at it …";
  said.hidden = false;
  try {
    await faces.bring(element("file").files[0]);
    element("bring").close();
    said.hidden = true;
    element("file").value = "";
    element("consent").checked = false;
  } catch (error) {
    said.textContent = error instanceof Error ? error.message : String(error);
    element("draft").disabled = false;
  }
}
