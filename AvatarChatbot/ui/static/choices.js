/** How one is understood and answered, as it was chosen: the language, the voice, and who draws the face. */

import { element } from "./dom.js";
import { Problem } from "./gateway.js";
import { remember, remembered } from "./remembered.js";

const LANGUAGE = "language";

export class Choices {
  #gateway;
  #changed;

  /**
   * @param {import("./gateway.js").Gateway} gateway
   * @param {(type: "voice" | "engine" | "language", fields: object) => void} changed a message of docs/protocol.md
   */
  constructor(gateway, changed) {
    this.#gateway = gateway;
    this.#changed = changed;
    element("voice").onchange = () => changed("voice", { voice: this.voice });
    element("engine").onchange = () => changed("engine", this.drawing);
    element("language").onchange = () => {
      remember(LANGUAGE, element("language").value);
      changed("language", { language: this.language });
    };
  }

  /** Fill the lists with what the server has, each as far as it is there. Raises Problem: why one is not. */
  async open() {
    const lists = await Promise.allSettled([this.#listVoices(), this.#listEngines(), this.#listLanguages()]);
    for (const list of lists) if (list.status === "rejected") throw list.reason;
  }

  /** The code of the language that is spoken; null: the recogniser finds out, or knows one only. */
  get language() {
    return element("language").value || null;
  }

  get voice() {
    return element("voice").value.trim() || "default";
  }

  /** Who draws the face; nothing: the server's best. */
  get drawing() {
    const [engine, restore] = element("engine").value.split("/");
    return engine ? { engine, restore } : {};
  }

  /**
   * Offers to let another engine draw.
   * @param {() => void} then
   * @returns {import("./stage.js").Offer[]}
   */
  others(then) {
    const select = element("engine");
    const others = Array.from(/** @type {HTMLOptionElement[]} */ ([...select.options])).filter(
      ({ value }) => value !== select.value,
    );
    return others.map(({ label, value }) => ({
      label: `Draw with ${label}`,
      run: () => {
        select.value = value;
        then();
      },
    }));
  }

  /**
   * An engine is gone, and another one draws.
   * @param {string} engine
   * @param {string} restore
   */
  drawnBy(engine, restore) {
    element("engine").value = `${engine}/${restore}`;
    // Without a new list, the old one stays.
    this.#listEngines().catch(() => undefined);
  }

  async #listVoices() {
    const { voices } = await this.#gateway.ask("/voices");
    element("voices").replaceChildren(
      ...voices.map(({ name, description }) =>
        Object.assign(document.createElement("option"), { value: name, label: description }),
      ),
    );
  }

  /** Of one language there is no choice: it is told. An asr service of somebody else's may not tell any. */
  async #listLanguages() {
    const told = await this.#gateway.ask("/languages").catch((error) => {
      if (error instanceof Problem) return { languages: [], detects: true, any: false };
      throw error;
    });
    const { languages, detects } = told;
    const listed = told.any ? ofBrowser() : languages;
    const options = listed.map(({ language, name }) => languageOption(language, name));
    if (detects) options.unshift(new Option("As heard", ""));
    const isChoice = options.length > 1;
    const [only] = languages;
    const before = this.language;
    element("language").replaceChildren(...(isChoice ? options : []));
    element("language-field").hidden = !isChoice;
    element("understood").hidden = isChoice || !only;
    element("understood").textContent = only ? `Questions are understood in ${only.name}.` : "";
    const kept = remembered(LANGUAGE, "");
    if (isChoice && options.some(({ value }) => value === kept)) element("language").value = kept;
    // A conversation may have begun meanwhile.
    if (this.language !== before) this.#changed("language", { language: this.language });
  }

  async #listEngines() {
    const { engine, restore, engines, restores } = await this.#gateway.ask("/engines");
    const choices = engines.flatMap((name) => restores[name].map((restored) => [name, restored]));
    element("engine").replaceChildren(
      ...choices.map(([name, restored]) => {
        const label = restored === "none" ? name : `${name}, ${restored} restored`;
        return new Option(label, `${name}/${restored}`, false, name === engine && restored === restore);
      }),
    );
    element("drawing").hidden = choices.length < 2;
  }
}

/** The languages of who uses this browser, where the recogniser does not tell its own. */
function ofBrowser() {
  // Not all are tags of BCP 47: Chromium has "en-US@posix".
  const codes = new Set(navigator.languages.flatMap((tag) => /^[a-z]{2,3}(?![a-z])/.exec(tag) ?? []));
  return [...codes].map((language) => ({ language, name: language }));
}

/**
 * A language by its own name, for those who speak it.
 * @param {string} code
 * @param {string} name where the browser does not know its own one
 */
function languageOption(code, name) {
  const own = new Intl.DisplayNames([code], { type: "language", fallback: "none" }).of(code);
  return Object.assign(new Option(own ?? name, code), { lang: own ? code : "en" });
}
