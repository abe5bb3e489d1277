/** How one is answered, as it was chosen: the voice, and who draws the face. */

import { element } from "./dom.js";

export class Choices {
  #gateway;

  /**
   * @param {import("./gateway.js").Gateway} gateway
   * @param {(type: "voice" | "engine", fields: object) => void} changed a message of docs/protocol.md
   */
  constructor(gateway, changed) {
    this.#gateway = gateway;
    element("voice").onchange = () => changed("voice", { voice: this.voice });
    element("engine").onchange = () => changed("engine", this.drawing);
  }

  /** Fill the lists with what the server has. Raises Problem. */
  async open() {
    await Promise.all([this.#listVoices(), this.#listEngines()]);
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
    this.#listEngines();
  }

  async #listVoices() {
    const { voices } = await this.#gateway.ask("/voices");
    element("voices").replaceChildren(
      ...voices.map(({ name, description }) =>
        Object.assign(document.createElement("option"), { value: name, label: description }),
      ),
    );
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
