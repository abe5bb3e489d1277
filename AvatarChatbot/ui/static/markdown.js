/**
 * Answers in Markdown (CommonMark and GitHub's tables), as elements of the page.
 *
 * What a model writes is never HTML here: marked only takes it apart, and every element is made by name below. HTML in it is shown
 * as it was written, a link goes to http(s) only, and a picture is a link, for a picture from elsewhere would tell who reads it.
 */

import { lexer } from "./vendor/marked.esm.js";

/** @typedef {import("./vendor/marked.esm.js").Token} Token */

/** Characters of blocks that may still change: longer ones are shown as they were written, since each piece has them read again. */
const LONGEST = 10_000;
/** Levels of quotes and lists in each other that are shown as such; what is deeper is shown as it was written. */
const DEEPEST = 16;

export class Markdown {
  #container;
  /** All of it, as it was written. */
  source = "";
  /** Where the blocks that can still change begin, and the elements that show them. */
  #settled = 0;
  /** @type {{raw: string, nodes: Node[]}[]} */ #changing = [];

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container;
  }

  /**
   * Show more of it. A block that stays the same keeps its elements, so that nothing flickers and what is selected stays so.
   * @param {string} delta
   */
  append(delta) {
    this.source += delta.replaceAll("\r", "");
    const blocks = parsed(this.source.slice(this.#settled));
    let same = 0;
    while (same < blocks.length && same < this.#changing.length && blocks[same].raw === this.#changing[same].raw) same += 1;
    for (const { nodes } of this.#changing.splice(same)) for (const node of nodes) node.parentNode?.removeChild(node);
    for (const block of blocks.slice(same)) {
      const nodes = [shown(block)].flat();
      this.#container.append(...nodes);
      this.#changing.push({ raw: block.raw, nodes });
    }
    // A block with two more behind it, one of them space between blocks, is over.
    for (const { raw } of this.#changing.splice(0, this.#changing.length - 2)) this.#settled += raw.length;
  }

  /** @param {string} text instead of what there is */
  set(text) {
    this.#container.replaceChildren();
    this.source = "";
    this.#settled = 0;
    this.#changing = [];
    this.append(text);
  }
}

/**
 * A text without its Markdown, as it would be read aloud.
 * @param {string} text
 */
export function plain(text) {
  const container = document.createElement("div");
  new Markdown(container).set(text);
  return (container.textContent ?? "").trim();
}

/**
 * @param {string} text
 * @returns {Token[]} its blocks; of one that is too long or too deep, one that is shown as it was written
 */
function parsed(text) {
  try {
    if (text.length <= LONGEST) return lexer(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // thousands of levels: the stack is full
  }
  return [/** @type {Token} */ ({ type: "source", raw: text, text })];
}

/**
 * @param {Token} token
 * @param {number} depth
 * @returns {Node | Node[]}
 */
function shown(token, depth = 0) {
  const { type, text } = token;
  if (depth > DEEPEST) return as("span", "source", token.raw);
  switch (type) {
    case "space":
    case "def":
      return [];
    case "br":
    case "hr":
      return as(type);
    case "paragraph":
    case "blockquote":
      return as(type === "paragraph" ? "p" : type, "", ...inside(token, depth));
    case "heading":
      return as("h3", "", ...inside(token, depth));
    case "strong":
    case "em":
    case "del":
      return as(type, "", ...inside(token, depth));
    case "codespan":
      return as("code", "", text);
    case "code":
      return scrolling(as("pre", "", as("code", "", text)), "Code");
    case "list":
      return list(token, depth);
    case "table":
      return scrolling(table(token, depth), "Table");
    case "link":
    case "image":
      return link(token, depth);
    case "text":
    case "escape":
      return token.tokens ? inside(token, depth) : [new Text(text)];
    case "source":
      return as("span", "source", text);
    default:
      return [new Text(token.raw)];
  }
}

/**
 * @param {Token} token
 * @param {number} depth
 */
function inside({ tokens = [] }, depth) {
  return tokens.flatMap((token) => shown(token, depth + 1));
}

/**
 * @param {Token} token
 * @param {number} depth
 */
function list({ ordered, start, items }, depth) {
  const entries = items.map((item) => as("li", "", item.task ? (item.checked ? "☑ " : "☐ ") : "", ...inside(item, depth)));
  const made = as(ordered ? "ol" : "ul", "", ...entries);
  if (made instanceof HTMLOListElement && typeof start === "number") made.start = start;
  return made;
}

/**
 * @param {Token} token
 * @param {number} depth
 */
function table({ header, rows }, depth) {
  const row = (cells, tag) => as("tr", "", ...cells.map((cell) => as(tag, "", ...inside(cell, depth))));
  return as("table", "", as("thead", "", row(header, "th")), as("tbody", "", ...rows.map((cells) => row(cells, "td"))));
}

/**
 * @param {Token} token
 * @param {number} depth
 */
function link(token, depth) {
  const words = token.type === "image" ? [new Text(token.text || token.href)] : inside(token, depth);
  if (!/^https?:\/\//i.test(token.href)) return words;
  const made = /** @type {HTMLAnchorElement} */ (as("a", "", ...words));
  for (const inner of made.querySelectorAll("a")) inner.replaceWith(...inner.childNodes); // a picture in a link
  made.href = token.href;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

/**
 * What may be wider than the page scrolls by itself, by keys too.
 * @param {HTMLElement} content
 * @param {string} name
 */
function scrolling(content, name) {
  const made = as("div", "wide", content);
  made.tabIndex = 0;
  made.setAttribute("role", "group");
  made.ariaLabel = name;
  return made;
}

const WRITTEN = new Set(["p", "li", "h3", "th", "td", "blockquote"]);

/**
 * @param {string} tag
 * @param {string} [kind] its class
 * @param {(Node | string)[]} content
 */
function as(tag, kind = "", ...content) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (WRITTEN.has(tag)) made.dir = "auto";
  made.append(...content);
  return made;
}
