/** A list that grows follows its newest line, unless its reader has scrolled up; then a button leads back. */

/** So near to the end counts as there, CSS pixels. */
const NEAR = 48;

export class Follow {
  #list;
  #button;
  #follows = true;
  /** How far it was scrolled when that was last looked at. */
  #top = 0;

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} button
   */
  constructor(list, button) {
    this.#list = list;
    this.#button = button;
    list.addEventListener("scroll", () => this.#scrolled());
    button.onclick = () => {
      this.back();
      list.focus({ preventScroll: true });
    };
    const everything = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver((changes) => this.#changed(changes)).observe(list, everything);
    // The list's own height changes with the window, and what is beside it.
    new ResizeObserver(() => this.#follows && this.back()).observe(list);
  }

  /** @param {MutationRecord[]} changes */
  #changed(changes) {
    // The event of a scroll comes later than the scroll.
    this.#scrolled();
    if (this.#follows) this.back();
    else if (changes.some(({ type }) => type !== "attributes")) this.#button.hidden = false;
  }

  /** To the newest line. */
  back() {
    this.#follows = true;
    this.#button.hidden = true;
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#top = this.#list.scrollTop;
  }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    // Lines that came since the list was scrolled to its end are no reason: its reader has gone up, or has not.
    if (scrollTop < this.#top - 1) this.#follows = false;
    this.#top = scrollTop;
    if (scrollTop + clientHeight < scrollHeight - NEAR) return;
    this.#follows = true;
    this.#button.hidden = true;
  }
}
