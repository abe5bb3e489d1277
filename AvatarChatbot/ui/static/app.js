/** The page: a face, what is said, and what one can press. */

import { answered, element } from "./dom.js";
import { Faces } from "./faces.js";
import { Gateway, Problem, UNAUTHORIZED } from "./gateway.js";
import { Live } from "./live.js";
import { loudness, Microphone } from "./microphone.js";
import { Player } from "./player.js";
import { Talk } from "./talk.js";

/** How often the server is told where the player is, ms. */
const POSITION_EVERY = 200;
const STATES = {
  away: "",
  connecting: "Connecting …",
  ready: "Ask something",
  listening: "Listening …",
  thinking: "Thinking …",
  speaking: "",
  lost: "The connection broke. Trying again …",
  waiting: "",
};
const QUALITIES = {
  half: "This computer draws no more than every second picture.",
  still: "This computer is busy: the picture stands still while the voice goes on.",
  text: "There is no voice at the moment: answers come as text.",
};

const NOT_RECORDED = "There is no room to write this conversation down: it goes on, but is not kept.";

const [face, video, state, notice] = ["face", "video", "state", "notice"].map(element);

const gateway = new Gateway(askForKey);
const player = new Player(video);
const talk = new Talk(element("talk"));
const faces = new Faces(gateway, element("faces"), chosen);

/** @type {Live | undefined} */ let live;
/** @type {Microphone | undefined} */ let microphone;
let conversation = "";
/** What was typed last: it is there again where it was refused. */
let typed = "";
/** Of the answer that is played, seconds of media: where it begins, its last caption ends, and, once that is known, it ends. */
let answer = unspoken();

function unspoken() {
  return { from: Infinity, last: 0, to: 0 };
}

function voice() {
  return element("voice").value.trim() || "default";
}

/** Who draws the face, as it was chosen; nothing: the server's best. */
function drawing() {
  const [engine, restore] = element("engine").value.split("/");
  return engine ? { engine, restore } : {};
}

function show(name) {
  face.dataset.state = name;
  state.textContent = STATES[name];
  element("interrupt").disabled = !["thinking", "speaking"].includes(name);
}

/** @param {string} text */
function tell(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

async function start() {
  tell("");
  show("connecting");
  element("start").disabled = true;
  try {
    microphone ??= await Microphone.open(heard);
    mute(false);
    element("microphone").disabled = false;
  } catch {
    tell("There is no microphone to be had: type your questions.");
  }
  connect();
}

function connect() {
  const { avatar, persona } = faces.chosen ?? {};
  const asked = {
    avatar,
    persona,
    voice: voice(),
    ...drawing(),
    conversation_id: conversation || undefined,
    microphone: { format: "pcm16", rate: microphone?.rate ?? 16000 },
    key: gateway.key || undefined,
  };
  live = new Live(gateway.socket, asked, { fragment: (fragment) => player.append(fragment), message, connection });
  element("end").disabled = false;
}

/** @param {ArrayBuffer} sound */
function heard(sound) {
  live?.speak(sound);
  element("microphone").style.setProperty("--level", loudness(sound).toFixed(2));
}

function mute(muted) {
  if (microphone) microphone.muted = muted;
  element("microphone").setAttribute("aria-pressed", String(!muted));
}

function end() {
  live?.end();
  closed();
}

function closed() {
  live = undefined;
  microphone?.close();
  microphone = undefined;
  player.close();
  show("away");
  element("microphone").disabled = element("end").disabled = true;
  element("start").disabled = false;
}

/**
 * @param {"lost" | "waiting" | "closed"} what
 * @param {number} [seconds] until it is tried again
 */
function connection(what, seconds) {
  if (what === "lost") show("lost");
  if (what === "waiting") {
    show("waiting");
    state.textContent = `Trying again in ${seconds} s …`;
  }
  if (what === "closed" && live) closed();
}

/**
 * One message of the server's: docs/protocol.md.
 * @type {Record<string, (message: any) => void>}
 */
const messages = {
  ready({ conversation_id, content_type, resumed }) {
    conversation = conversation_id;
    if (!resumed) {
      player.open(content_type);
      talk.restart();
    }
    answer = unspoken();
    if (face.dataset.state === "waiting") tell("");
    show("ready");
  },
  listening(message) {
    if (message.state === "started") show("listening");
  },
  partial({ text }) {
    if (text) talk.partial(text);
    else {
      talk.forget();
      show("ready");
    }
  },
  transcript({ text }) {
    talk.question(text);
    typed = "";
    answer = unspoken();
    show("thinking");
  },
  reply({ turn, delta }) {
    talk.reply(turn, delta);
  },
  speaking({ media_s }) {
    answer = { ...unspoken(), from: media_s, to: Infinity };
  },
  caption({ start_s, end_s, text }) {
    player.caption(start_s, end_s, text);
    answer.last = end_s;
  },
  done({ turn, timings }) {
    answer.to = answer.last;
    talk.finished();
    if (timings.fragment !== undefined) talk.began(turn, timings.fragment);
    if (answer.from === Infinity) show("ready");
  },
  interrupted({ turn, resume_s, heard: said }) {
    player.interrupt(resume_s);
    talk.interrupted(turn, said);
    answer = unspoken();
    if (face.dataset.state === "speaking") show("ready");
  },
  quality({ level }) {
    tell(QUALITIES[level] ?? "");
  },
  recording({ on, conversation_id }) {
    if (conversation_id) conversation = conversation_id;
    tell(on ? "" : NOT_RECORDED);
  },
  error({ turn, problem }) {
    const failure = new Problem(problem);
    if (turn !== undefined && turn !== null) {
      talk.failed(turn, failure.message);
      show("ready");
    } else if (failure.status === UNAUTHORIZED) {
      end();
      gateway.renewKey().then(start);
    } else {
      const isRefused = failure.retryAfter !== undefined && !["connecting", "waiting", "lost"].includes(face.dataset.state);
      tell(isRefused ? `${failure.message}: ask again in ${failure.retryAfter} s.` : failure.message);
      if (isRefused) element("question").value ||= typed;
    }
  },
  ended() {
    tell("Nobody has said anything for long. Press “Start talking”, or type, to go on.");
  },
};

function message(received) {
  messages[received.type]?.(received);
}

/** Tell the server where the player is; what the page says follows what is seen and heard. */
function tick() {
  player.tick();
  const position = player.position;
  live?.send("position", { media_s: position });
  const shown = face.dataset.state;
  if (shown === "thinking" && position >= answer.from) show("speaking");
  else if (["speaking", "thinking"].includes(shown) && answer.to && position >= answer.to) show("ready");
  else if (shown === "listening" && position >= answer.from && position < answer.to) show("speaking");
}

/** @param {import("./faces.js").Face} picked */
function chosen({ avatar, persona, picture, title }) {
  video.poster = picture;
  talk.answerer = title;
  live?.change("avatar", { avatar, persona });
}

async function askForKey() {
  await answered(element("key-dialog"));
  return element("key").value.trim();
}

async function bring(event) {
  if (event.submitter.value !== "draft") return;
  event.preventDefault();
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

function mayBring() {
  element("draft").disabled = !(element("file").files.length && element("consent").checked);
}

async function listVoices() {
  const { voices } = await gateway.ask("/voices");
  element("voices").replaceChildren(
    ...voices.map(({ name, description }) => Object.assign(document.createElement("option"), { value: name, label: description })),
  );
}

async function listEngines() {
  const { engine, restore, engines, restores } = await gateway.ask("/engines");
  const choices = engines.flatMap((name) => restores[name].map((restored) => [name, restored]));
  element("engine").replaceChildren(
    ...choices.map(([name, restored]) => {
      const label = restored === "none" ? name : `${name}, ${restored} restored`;
      return new Option(label, `${name}/${restored}`, false, name === engine && restored === restore);
    }),
  );
  element("drawing").hidden = choices.length < 2;
}

element("start").onclick = start;
element("end").onclick = end;
element("interrupt").onclick = () => live?.send("interrupt");
element("microphone").onclick = () => mute(element("microphone").getAttribute("aria-pressed") === "true");
element("voice").onchange = () => live?.change("voice", { voice: voice() });
element("engine").onchange = () => live?.change("engine", drawing());
element("file").onchange = element("consent").onchange = mayBring;
element("bring").querySelector("form").onsubmit = bring;
element("ask").onsubmit = async (event) => {
  event.preventDefault();
  const text = element("question").value.trim();
  if (!text) return;
  if (!live) await start();
  live?.ask(text);
  typed = text;
  element("question").value = "";
};
video.onerror = () => {
  if (!live) return;
  end();
  tell("This browser cannot play the video.");
};
setInterval(tick, POSITION_EVERY);
// A page that is kept and shown again begins anew: its session is over.
addEventListener("pagehide", () => live && end());
show("away");
faces.open();
listVoices();
listEngines();
