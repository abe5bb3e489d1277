/** The page: its parts, and what one can press. */

import { Answers } from "./answers.js";
import { Bring } from "./bring.js";
import { Choices } from "./choices.js";
import { Conversation } from "./conversation.js";
import { Conversations } from "./conversations.js";
import { answered, element } from "./dom.js";
import { Ear } from "./ear.js";
import { Faces } from "./faces.js";
import { Gateway, Problem, UNAUTHORIZED } from "./gateway.js";
import { Player } from "./player.js";
import { offerMedia } from "./sound.js";
import { Stage } from "./stage.js";
import { Talk } from "./talk.js";

/** How often the server is told where the player is, ms. */
const POSITION_EVERY = 200;

const video = element("video");
const gateway = new Gateway(async (isWrong) => {
  element("key-notice").hidden = !isWrong;
  return (await answered(element("key-dialog"))) ? element("key").value.trim() : "";
});
const stage = new Stage();
const talk = new Talk(element("talk"));
const choices = new Choices(gateway, (type, fields) => conversation.change(type, fields));
const faces = new Faces(gateway, element("faces"), chosen, (again) => bring.open(again));
const bring = new Bring(gateway, faces);
const conversations = new Conversations(gateway, talk, {
  open: (id) => conversation.open(id),
  opened: (kept) => faces.chooseFor(kept),
  erased: () => faces.open(),
  tell: (text) => stage.tell("conversations", text),
});
const player = new Player(video, (why) => {
  element("play").hidden = !why;
  element("play").lastChild.textContent = why === "refused" ? "Press to hear it" : "Go on playing";
});
const ear = new Ear({
  heard: (sound) => conversation.heard(sound),
  opened: (rate) => conversation.listen(rate),
  tell: (text) => stage.tell("microphone", text),
});
const conversation = new Conversation({
  gateway,
  player,
  talk,
  answers: new Answers(talk, (text) => stage.tell("answer", text)),
  stage,
  ear,
  asked: () => ({
    avatar: faces.chosen?.avatar,
    persona: faces.chosen?.persona,
    voice: choices.voice,
    language: choices.language,
    ...choices.drawing,
  }),
  engines: (others) => choices.others(others),
  drawn: (engine, restore) => choices.drawnBy(engine, restore),
  named: (id) => conversations.is(id),
  lost: () => conversations.lost(),
});

/** @param {import("./faces.js").Face} face */
function chosen({ avatar, persona, picture, title }) {
  video.poster = picture;
  talk.answerer = title;
  conversation.change("avatar", { avatar, persona });
}

talk.again = (question) => conversation.ask(question);
element("start").onclick = () => {
  ear.mute(false);
  conversation.start();
};
element("reconnect").onclick = () => conversation.reconnect();
element("play").onclick = () => player.resume();
element("end").onclick = () => conversation.end();
element("interrupt").onclick = () => conversation.interrupt();
element("ask").onsubmit = (event) => {
  event.preventDefault();
  const text = element("question").value.trim();
  if (!text) return;
  element("question").value = "";
  conversation.ask(text);
};
for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => conversation.ask(example.textContent ?? ""));
}
addEventListener("keydown", ({ key }) => {
  const isAnswering = ["thinking", "speaking"].includes(stage.state);
  if (key === "Escape" && isAnswering && !document.querySelector("dialog[open]")) conversation.interrupt();
});
video.onerror = () => conversation.unplayable();
offerMedia(player);
setInterval(() => conversation.tick(), POSITION_EVERY);
// A page that is kept and shown again begins anew: its session is over.
addEventListener("pagehide", () => conversation.isOn && conversation.end());
stage.show("away");
load();

/** What the page shows before anything is asked. */
async function load() {
  try {
    await Promise.all([faces.open().then(() => conversations.open()), choices.open()]);
  } catch (error) {
    const isLocked = error instanceof Problem && error.status === UNAUTHORIZED;
    const reason = error instanceof Problem ? error.message : "The server cannot be reached.";
    stage.tell("connection", reason, [{ label: isLocked ? "Enter a key" : "Load again", run: load }]);
  }
}
