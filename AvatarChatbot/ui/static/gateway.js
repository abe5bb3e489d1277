/** The gateway's HTTP side: requests with the user's key, problems (RFC 9457) as errors. */

const KEPT = "avatarchatbot.key";
export const UNAUTHORIZED = 401;
export const NOT_FOUND = 404;

export class Problem extends Error {
  /** @param {{status: number, title?: string, detail?: string, field?: string, retry_after?: number, left?: Record<string, number>}} document */
  constructor(document) {
    super(document.detail ?? document.title ?? `the server said ${document.status}`);
    this.status = document.status;
    /** When it may work, seconds; undefined where that does not depend on time. */
    this.retryAfter = document.retry_after;
    /** What of the request it speaks of. */
    this.field = document.field;
    /** Of a deletion that came to no end: how much is left, by kind. */
    this.left = document.left;
  }
}

export class Gateway {
  #askForKey;
  /** @type {Promise<void> | undefined} */ #renewing;

  /** @param {(isWrong: boolean) => Promise<string>} askForKey empty: nobody gives one; `isWrong`: the one that was given is none */
  constructor(askForKey) {
    this.base = new URL("v1/avatarchatbot", document.baseURI);
    this.#askForKey = askForKey;
    this.key = kept();
  }

  get socket() {
    const url = new URL(this.base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url;
  }

  /**
   * Raises Problem, and TypeError where the server cannot be reached.
   * @param {string} path below the gateway's
   * @param {{method?: string, form?: FormData, json?: unknown}} [asked]
   * @returns {Promise<any>} an answer's JSON, or null where there is none
   */
  async ask(path, asked = {}) {
    const answer = await this.#fetch(path, asked);
    return answer.status === 204 ? null : answer.json();
  }

  /**
   * Raises Problem.
   * @param {string} path of a video
   */
  async blob(path) {
    return (await this.#fetch(path, {})).blob();
  }

  /**
   * Send a file, which can take a while. Raises Problem, and AbortError where it was given up.
   * @param {string} path
   * @param {Blob} media
   * @param {{progress?: (share: number) => void, signal?: AbortSignal}} [how] `progress` is told the share that is sent, 0 to 1
   * @returns {Promise<any>} the answer's JSON
   */
  async upload(path, media, how = {}) {
    const form = new FormData();
    form.append("media", media);
    const { status, body } = await this.#sent(path, form, how.progress, how.signal);
    if (status === UNAUTHORIZED) {
      await this.renewKey();
      return this.upload(path, media, how);
    }
    if (status >= 400) throw new Problem(body ?? { status });
    return body;
  }

  /**
   * What fetch() cannot do: tell how much was sent.
   * @param {string} path
   * @param {FormData} form
   * @param {((share: number) => void) | undefined} progress
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<{status: number, body: any}>}
   */
  #sent(path, form, progress, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const given = () => reject(new DOMException("It was given up.", "AbortError"));
      request.open("POST", `${this.base}${path}`);
      request.responseType = "json";
      if (this.key) request.setRequestHeader("Authorization", `Bearer ${this.key}`);
      request.upload.onprogress = ({ loaded, total }) => progress?.(loaded / total);
      request.upload.onload = () => progress?.(1);
      request.onload = () => resolve({ status: request.status, body: request.response });
      request.onerror = () => reject(new Error("The server could not be reached."));
      request.onabort = given;
      signal?.addEventListener("abort", () => request.abort());
      if (signal?.aborted) given();
      else request.send(form);
    });
  }

  /**
   * @param {string} path
   * @param {{method?: string, form?: FormData, json?: unknown}} asked
   * @returns {Promise<Response>}
   */
  async #fetch(path, asked) {
    const { method, form, json } = asked;
    const { key } = this;
    /** @type {Record<string, string>} */ const headers = {};
    if (key) headers.Authorization = `Bearer ${key}`;
    if (json !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(`${this.base}${path}`, {
      method: method ?? (form || json !== undefined ? "POST" : "GET"),
      headers,
      body: form ?? (json === undefined ? undefined : JSON.stringify(json)),
    });
    if (answer.status === UNAUTHORIZED) {
      // Somebody may have given another one meanwhile.
      if (key === this.key) await this.renewKey();
      return this.#fetch(path, asked);
    }
    if (!answer.ok) throw new Problem(await answer.json().catch(() => ({ status: answer.status })));
    return answer;
  }

  /** Ask for another key, once for all who need one. Raises Problem where nobody gives one. */
  renewKey() {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew() {
    const given = await this.#askForKey(this.key !== "");
    if (!given) throw new Problem({ status: UNAUTHORIZED, detail: "Without a key, nobody answers here." });
    this.key = given;
    try {
      sessionStorage.setItem(KEPT, given);
    } catch {
      // It is asked for again.
    }
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}
