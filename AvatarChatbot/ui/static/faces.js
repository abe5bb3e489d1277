/** Who can answer: the program's own characters, and faces that this browser has brought. */

import { corrected } from "./card.js";
import { element } from "./dom.js";
import { Problem } from "./gateway.js";

const KEPT = "avatarchatbot.faces";
const THUMBNAIL = 192;

/**
 * @typedef {{title: string, picture: string, avatar: string, persona?: string, own: boolean}} Face
 *   `avatar`, `persona`: as in a request; `own`: brought by this browser.
 */

export class Faces {
  #gateway;
  #list;
  #chosen;
  /** @type {Face[]} */ #faces = [];
  /** @type {Face | undefined} */ chosen;

  /**
   * @param {import("./gateway.js").Gateway} gateway
   * @param {HTMLElement} list
   * @param {(face: Face) => void} chosen
   */
  constructor(gateway, list, chosen) {
    this.#gateway = gateway;
    this.#list = list;
    this.#chosen = chosen;
  }

  async open() {
    const characters = await (await fetch("ui/faces.json")).json();
    const brought = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    this.#faces = [...characters.map((face) => ({ ...face, own: false })), ...brought];
    this.#choose(this.#faces[0]);
  }

  /**
   * Make a picture or a clip known, let the user correct what was drafted, and choose it.
   * @param {File} file
   */
  async bring(file) {
    const form = new FormData();
    form.append("media", file);
    const [saved, picture] = await Promise.all([this.#gateway.ask("/personas/draft", { form }), thumbnail(file)]);
    const card = await corrected(saved.persona);
    await this.#gateway.ask(`/personas/${saved.id}`, { method: "PUT", json: card });
    const face = { title: card.name || "Somebody", picture, avatar: card.avatar_id, persona: saved.id, own: true };
    this.#faces.push(face);
    this.#keep();
    this.#choose(face);
  }

  /**
   * Delete a face that was brought, at the server too.
   * @param {Face} face
   */
  async forget(face) {
    for (const path of [`/avatars/${face.avatar}`, `/personas/${face.persona}`]) {
      await this.#gateway.ask(path, { method: "DELETE" }).catch((error) => {
        // It may have been deleted already, or have expired.
        if (!(error instanceof Problem && error.status === 404)) throw error;
      });
    }
    this.#faces = this.#faces.filter((other) => other !== face);
    this.#keep();
    if (this.chosen === face) this.#choose(this.#faces[0]);
    else this.#show();
  }

  /**
   * Choose whom a conversation was with, where they are still there.
   * @param {{persona: {name?: string}, avatar_id: string}} conversation
   */
  chooseFor({ persona, avatar_id }) {
    const known =
      this.#faces.find(({ own, avatar }) => own && avatar === avatar_id) ??
      this.#faces.find(({ own, title }) => !own && title === persona.name);
    if (known && known !== this.chosen) this.#choose(known);
  }

  #keep() {
    localStorage.setItem(KEPT, JSON.stringify(this.#faces.filter((face) => face.own)));
  }

  /** @param {Face} face */
  #choose(face) {
    this.chosen = face;
    const entries = this.#list.querySelectorAll("input");
    if (entries.length === this.#faces.length) {
      // The list stays, so that the keys' focus does: arrows go from face to face.
      entries[this.#faces.indexOf(face)].checked = true;
    } else this.#show();
    this.#chosen(face);
  }

  #show() {
    const add = document.createElement("button");
    add.type = "button";
    add.className = "add";
    add.textContent = "+";
    add.title = add.ariaLabel = "A face of your own";
    add.onclick = () => element("bring").showModal();
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...this.#faces.map((face) => this.#entry(face)), add);
    if (hadFocus) /** @type {HTMLElement | null} */ (this.#list.querySelector(":checked"))?.focus();
  }

  /** @param {Face} face */
  #entry(face) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "face", checked: face === this.chosen });
    input.onchange = () => this.#choose(face);
    const picture = Object.assign(document.createElement("img"), { src: face.picture, alt: "" });
    const title = Object.assign(document.createElement("span"), { textContent: face.title });
    label.append(input, picture, title);
    if (face.own) {
      const forget = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
      forget.title = forget.ariaLabel = `Forget ${face.title}`;
      forget.onclick = () => this.forget(face);
      label.append(forget);
    }
    return label;
  }
}

/**
 * A small square JPEG of a picture, or of a clip's beginning, as a data URL.
 * @param {File} file
 */
async function thumbnail(file) {
  const url = URL.createObjectURL(file);
  try {
    const shown = file.type.startsWith("video/") ? await firstFrame(url) : await createImageBitmap(file);
    const [width, height] = "videoWidth" in shown ? [shown.videoWidth, shown.videoHeight] : [shown.width, shown.height];
    const side = Math.min(width, height);
    const canvas = Object.assign(document.createElement("canvas"), { width: THUMBNAIL, height: THUMBNAIL });
    const top = Math.min((height - side) / 2, height * 0.1);
    canvas.getContext("2d")?.drawImage(shown, (width - side) / 2, top, side, side, 0, 0, THUMBNAIL, THUMBNAIL);
    return canvas.toDataURL("image/jpeg", 0.8);
  } catch {
    return "ui/icon.svg"; // what this browser cannot show the server may still read
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * @param {string} url
 * @returns {Promise<HTMLVideoElement>}
 */
function firstFrame(url) {
  const video = Object.assign(document.createElement("video"), { muted: true, src: url, preload: "auto" });
  return new Promise((resolve, reject) => {
    video.onloadeddata = () => resolve(video);
    video.onerror = () => reject(video.error);
  });
}
