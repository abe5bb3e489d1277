/** Who can answer: the program's own characters, and faces that this browser has brought. */

import { corrected, shown } from "./card.js";
import { confirmed, icon } from "./dom.js";
import { NOT_FOUND, Problem } from "./gateway.js";
import { THUMBNAIL, square } from "./picture.js";

const KEPT = "avatarchatbot.faces";
/** A persona and an avatar whose card is open: a page that is left meanwhile deletes them when it is opened again. */
const DRAFT = "avatarchatbot.draft";
/** What stands for a picture that this browser cannot show. */
const NO_PICTURE = "ui/icon.svg";

/**
 * @typedef {{title: string, picture: string, avatar: string, persona?: string, own: boolean, gone?: boolean}} Face
 *   `avatar`, `persona`: as in a request; `own`: brought by this browser; `gone`: no longer at the server.
 */

export class Faces {
  #gateway;
  #list;
  #chosen;
  #bring;
  /** @type {Face[]} */ #faces = [];
  /** @type {Face | undefined} */ chosen;

  /**
   * @param {import("./gateway.js").Gateway} gateway
   * @param {HTMLElement} list
   * @param {(face: Face) => void} chosen
   * @param {(again?: Face) => void} bring open the dialog in which a face is brought, or one that is gone is brought again
   */
  constructor(gateway, list, chosen, bring) {
    this.#bring = bring;
    this.#gateway = gateway;
    this.#list = list;
    this.#chosen = chosen;
  }

  async open() {
    const characters = await (await fetch("ui/faces.json")).json();
    const brought = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    this.#faces = [...characters.map((face) => ({ ...face, own: false })), ...brought.map((face) => ({ ...face, own: true }))];
    this.#show();
    this.#choose(this.#faces[0]);
    this.#tidy().catch(() => undefined); // what is gone is found out when it is asked, too
  }

  /** Find out which faces are gone, and delete a draft that nobody has kept. */
  async #tidy() {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
    if (draft) await this.#drop(draft);
    const own = this.#faces.filter((face) => face.own);
    await Promise.all(own.map(async (face) => (face.gone = !(await this.#isThere(`/avatars/${face.avatar}`)))));
    if (own.some(({ gone }) => gone)) this.#show();
  }

  /** @param {string} path */
  async #isThere(path) {
    try {
      await this.#gateway.ask(path);
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === NOT_FOUND) return false;
      throw error;
    }
  }

  /**
   * Make a picture or a clip known, let the user correct what was drafted, and choose it. Raises Problem.
   * @param {Blob} media
   * @param {string} preview a data URL; empty: this browser cannot show it
   * @param {{progress?: (share: number) => void, signal?: AbortSignal}} upload
   * @param {Face} [again] a face that is gone: it gets this picture, and keeps its card
   */
  async bring(media, preview, upload, again) {
    const picture = (await square(media, THUMBNAIL)) || NO_PICTURE;
    const saved = await this.#gateway.upload("/personas/draft", media, upload);
    const draft = { persona: saved.id, avatar: saved.persona.avatar_id };
    sessionStorage.setItem(DRAFT, JSON.stringify(draft));
    const before = again?.persona && (await this.#gateway.ask(`/personas/${again.persona}`).catch(() => undefined));
    const card = before ? { ...before.persona, avatar_id: draft.avatar } : saved.persona;
    let title = "";
    const save = async (changed) => {
      await this.#gateway.ask(`/personas/${draft.persona}`, { method: "PUT", json: changed });
      title = changed.name;
    };
    if ((await corrected(card, { picture: preview || picture, save })) !== "saved") {
      await this.#drop(draft);
      return;
    }
    const face = { title: title || "Somebody", picture, ...draft, own: true };
    if (again) {
      await this.#delete(`/personas/${again.persona}`);
      this.#faces = this.#faces.filter((other) => other !== again);
    }
    this.#faces.push(face);
    this.#keep();
    sessionStorage.removeItem(DRAFT);
    this.#show();
    this.#choose(face);
  }

  /**
   * Delete what was drafted and is not kept. A picture that another face has stays.
   * @param {{persona: string, avatar: string}} draft
   */
  async #drop({ persona, avatar }) {
    if (!this.#faces.some((face) => face.persona === persona)) {
      await this.#delete(`/personas/${persona}`);
      if (!this.#faces.some((face) => face.avatar === avatar)) await this.#delete(`/avatars/${avatar}`);
    }
    sessionStorage.removeItem(DRAFT);
  }

  /**
   * Delete something that may have been deleted already.
   * @param {string} path
   */
  async #delete(path) {
    try {
      await this.#gateway.ask(path, { method: "DELETE" });
    } catch (error) {
      if (!(error instanceof Problem && error.status === NOT_FOUND)) throw error;
    }
  }

  /**
   * Show the card of a face: of one's own, to be corrected.
   * @param {Face} face
   */
  async edit(face) {
    if (!face.own) {
      shown(await (await fetch(`ui/faces/${face.avatar}.json`)).json(), face.picture);
      return;
    }
    let saved;
    try {
      saved = await this.#gateway.ask(`/personas/${face.persona}`);
    } catch (error) {
      if (!(error instanceof Problem && error.status === NOT_FOUND)) throw error;
      await this.#miss(face);
      return;
    }
    const save = async (changed) => {
      await this.#gateway.ask(`/personas/${face.persona}`, { method: "PUT", json: changed });
      face.title = changed.name || "Somebody";
    };
    const how = await corrected(saved.persona, { picture: face.picture, isKept: true, save });
    if (how === "deleted") await this.forget(face);
    if (how === "saved") {
      this.#keep();
      this.#show();
      // A conversation that is going on takes the card as it is now.
      if (this.chosen === face) this.#chosen(face);
    }
  }

  /**
   * A face is no longer at the server: offer to bring it again.
   * @param {Face} face
   */
  async #miss(face) {
    face.gone = true;
    this.#show();
    const text = "Its picture is no longer on the server: it was deleted there, or another server answers here now.";
    if (await confirmed(`${face.title} is gone`, text, "Bring the picture again")) this.#bring(face);
  }

  /**
   * Delete a face that was brought, at the server too, after asking.
   * @param {Face} face
   */
  async forget(face) {
    const text = "Their picture, their card and the videos of them are deleted from the server.";
    if (!(await confirmed(`Delete ${face.title}?`, text, "Delete"))) return;
    const isShared = this.#faces.some((other) => other !== face && other.avatar === face.avatar);
    if (!isShared) await this.#delete(`/avatars/${face.avatar}`);
    await this.#delete(`/personas/${face.persona}`);
    this.#faces = this.#faces.filter((other) => other !== face);
    this.#keep();
    this.#show();
    if (this.chosen === face) this.#choose(this.#faces[0]);
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
    add.onclick = () => this.#bring();
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...this.#faces.map((face) => this.#entry(face)), add);
    if (hadFocus) /** @type {HTMLElement | null} */ (this.#list.querySelector(":checked"))?.focus();
  }

  /** @param {Face} face */
  #entry(face) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "face", checked: face === this.chosen });
    input.onchange = () => {
      if (!face.gone) {
        this.#choose(face);
        return;
      }
      this.#show(); // who was chosen still is
      this.#miss(face);
    };
    const picture = Object.assign(document.createElement("img"), { src: face.picture, alt: "" });
    const title = Object.assign(document.createElement("span"), { textContent: face.title });
    label.append(input, picture, title);
    label.classList.toggle("gone", !!face.gone);
    if (face.gone) label.title = `${face.title} is no longer on the server`;
    const [sign, verb] = face.own ? ["edit", "Edit"] : ["info", "About"];
    label.append(pressed("edit", sign, `${verb} ${face.title}`, () => this.edit(face)));
    if (face.own) label.append(pressed("forget", "close", `Delete ${face.title}`, () => this.forget(face)));
    return label;
  }
}

/**
 * @param {string} kind
 * @param {string} picture
 * @param {string} name
 * @param {() => void} onclick
 */
function pressed(kind, picture, name, onclick) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: kind, title: name, onclick });
  button.ariaLabel = name;
  button.append(icon(picture));
  return button;
}
