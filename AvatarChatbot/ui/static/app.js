/** The page: its parts, and what one can press. */

import { Answers } from "./answers.js";
import { Bring } from "./bring.js";
import { Choices } from "./choices.js";
import { Conversation } from "./conversation.js";
import { Conversations } from "./conversations.js";
import { answered, element } from "./dom.js";
import { Faces } from "./faces.js";
import { Gateway } from "./gateway.js";
import { Player } from "./player.js";
import { Stage } from "./stage.js";
import { Talk } from "./talk.js";

/** How often the server is told where the player is, ms. */
const POSITION_EVERY = 200;

const video = element("video");
const gateway = new Gateway(async () => {
  await answered(element("key-dialog"));
  return element("key").value.trim();
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
  tell: (text) => stage.tell(text),
});
const conversation = new Conversation({
  gateway,
  player: new Player(video),
  talk,
  answers: new Answers(talk, (text) => stage.tell(text)),
  stage,
  asked: () => ({ avatar: faces.chosen?.avatar, persona: faces.chosen?.persona, voice: choices.voice, ...choices.drawing }),
  named: (id) => conversations.is(id),
  lost: () => conversations.lost(),
});

/** @param {import("./faces.js").Face} face */
function chosen({ avatar, persona, picture, title }) {
  video.poster = picture;
  talk.answerer = title;
  conversation.change("avatar", { avatar, persona });
}

element("start").onclick = () => conversation.start();
element("end").onclick = () => conversation.end();
element("interrupt").onclick = () => conversation.interrupt();
element("microphone").onclick = () => conversation.mute(element("microphone").getAttribute("aria-pressed") === "true");
element("ask").onsubmit = (event) => {
  event.preventDefault();
  const text = element("question").value.trim();
  if (!text) return;
  element("question").value = "";
  conversation.ask(text);
};
video.onerror = () => {
  if (!conversation.isOn) return;
  conversation.end();
  stage.tell("This browser cannot play the video.");
};
setInterval(() => conversation.tick(), POSITION_EVERY);
// A page that is kept and shown again begins anew: its session is over.
addEventListener("pagehide", () => conversation.isOn && conversation.end());
stage.show("away");
faces.open().then(() => conversations.open());
choices.open();
