/** The bar beneath the face: sound and its volume, captions, full screen. */

import { element } from "./dom.js";
import { remember, remembered } from "./remembered.js";

/** @param {import("./player.js").Player} player */
export function offerMedia(player) {
  const [sound, volume, captions] = ["sound", "volume", "captions"].map(element);

  function hear() {
    const level = Number(remembered("volume", 1));
    const isOn = remembered("sound", true) && level > 0;
    player.hear(isOn, level);
    sound.setAttribute("aria-pressed", String(isOn));
    volume.value = isOn ? level : 0;
  }

  function read() {
    const isOn = remembered("captions", true);
    player.showCaptions(isOn);
    captions.setAttribute("aria-pressed", String(isOn));
  }

  sound.onclick = () => {
    const isOn = sound.getAttribute("aria-pressed") === "true";
    remember("sound", !isOn);
    if (!isOn && Number(remembered("volume", 1)) === 0) remember("volume", 1);
    hear();
  };
  volume.oninput = () => {
    remember("volume", Number(volume.value));
    remember("sound", Number(volume.value) > 0);
    hear();
  };
  captions.onclick = () => {
    remember("captions", captions.getAttribute("aria-pressed") !== "true");
    read();
  };
  offerFullScreen();
  hear();
  read();
  element("media").hidden = false;
}

function offerFullScreen() {
  const [button, face, video] = ["fullscreen", "face", "video"].map(element);
  const isSupported = document.fullscreenEnabled || "webkitEnterFullscreen" in video;
  button.hidden = !isSupported;
  button.onclick = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    // Telephones of Apple have it for videos alone.
    else if (document.fullscreenEnabled) face.requestFullscreen().catch(() => undefined);
    else video.webkitEnterFullscreen();
  };
  document.addEventListener("fullscreenchange", () => {
    const name = document.fullscreenElement ? "Leave full screen" : "Full screen";
    button.title = button.ariaLabel = name;
  });
}
