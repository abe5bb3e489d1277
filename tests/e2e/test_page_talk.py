"""The conversation in the page: each state that it can be in, what it says then, and what can be done. No mesh is needed.

``tests/e2e/test_web_page.py`` has the same page at a mesh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.scripted_page import ScriptedPage, scripted
from tests.e2e.web_page import state

pytestmark = pytest.mark.timeout(120)

FULL = {"status": 429, "code": "overloaded", "detail": "all places are taken", "retry_after": 12}
TOO_SLOW = {**FULL, "detail": "this cannot be drawn in real time here", "retry_after": 1, "field": "engine"}
FAILED = {"status": 502, "code": "node_error", "detail": "The language model did not answer."}
#: In place of getUserMedia: what a test does with ``window.asked``, the requests that nobody has answered. (Playwright answers no
#: request for a worklet's module: what is heard is tests/e2e/test_web_page.py's.)
UNANSWERED = """
AudioWorklet.prototype.addModule = async () => undefined;
globalThis.AudioWorkletNode = class extends GainNode {
  port = new MessageChannel().port1;
  constructor(context) { super(context); }
};
window.asked = [];
navigator.mediaDevices.getUserMedia = (wanted) => new Promise((grant, refuse) => {
  window.asked.push({ grant: async () => {
    window.room ??= new AudioContext();
    const stream = window.room.createMediaStreamDestination().stream;
    window.track = stream.getAudioTracks()[0];
    grant(stream);
  }, refuse: (name) => refuse(new DOMException("no", name)), wanted });
});
"""
#: A microphone that hears nothing, and is given at once.
GRANTED = f"""{UNANSWERED}
const ask = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = (wanted) => {{ const asked = ask(wanted); window.asked.at(-1).grant(); return asked; }};
"""
#: Nothing plays with sound before something is pressed, whatever the browser thinks was pressed.
NO_AUTOPLAY = """
const play = HTMLMediaElement.prototype.play;
window.pressed = false;
HTMLMediaElement.prototype.play = function () {
  return this.muted || window.pressed ? play.call(this) : Promise.reject(new DOMException("no", "NotAllowedError"));
};
"""


@contextmanager
def opened(browser: Browser, *scripts: str, clock: bool = False, **context: Any) -> Iterator[ScriptedPage]:
    """A page at rest. Errors of its scripts fail the test. ``clock``: its time stands still until a test moves it."""
    errors: list[str] = []
    with scripted(browser, **{"viewport": {"width": 1180, "height": 820}, **context}) as page:
        page.page.on("pageerror", lambda error: errors.append(str(error)))
        for script in scripts or (GRANTED,):
            page.page.add_init_script(script)
        if clock:
            page.page.clock.install()
        page.open()
        yield page
    assert errors == []


def ask(page: Page, text: str) -> None:
    page.fill("#question", text)
    page.press("#question", "Enter")


def passes(page: ScriptedPage, seconds: float) -> None:
    """Let the page's clock go on; messages are exchanged meanwhile."""
    while seconds > 0:
        page.page.wait_for_timeout(20)
        page.page.clock.run_for(int(1000 * min(seconds, 2)))
        seconds -= 2
    page.page.wait_for_timeout(20)


def sent(page: ScriptedPage, type_: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until the page has sent so many messages of a type, and return them."""
    for _ in range(400):
        found = [message for message in page.messages if message["type"] == type_]
        if len(found) >= count:
            return found
        page.page.wait_for_timeout(10)
    raise AssertionError(f"no {type_} among {[message['type'] for message in page.messages]}")


def answer(page: ScriptedPage, turn: int, question: str, text: str) -> None:
    page.send("transcript", turn=turn, text=question)
    page.send("reply", turn=turn, delta=text)
    page.send("done", turn=turn, timings={}, engines={"llm": "an llm", "tts": "a tts", "animation": "warp"})


# The language.

TWO_LANGUAGES = {
    "languages": [{"language": "en", "name": "English"}, {"language": "de", "name": "German"}],
    "detects": True,
    "any": False,
}


def test_one_language_is_told_in_words(browser: Browser) -> None:
    with opened(browser) as page:
        page.page.click("#settings summary")
        expect(page.page.get_by_text("Questions are understood in English.")).to_be_visible()
        expect(page.page.locator("#language-field")).to_be_hidden()
        ask(page.page, "Who are you?")
        assert sent(page, "start")[0]["language"] is None


def test_of_several_languages_the_chosen_one_is_sent_and_remembered(browser: Browser) -> None:
    with scripted(browser) as page:
        page.answers["GET /languages"] = TWO_LANGUAGES
        page.page.add_init_script(GRANTED)
        page.open()
        page.page.click("#settings summary")
        language = page.page.get_by_label("You speak")
        expect(language.locator("option")).to_have_text(["As heard", "English", "Deutsch"])
        expect(page.page.locator("#understood")).to_be_hidden()
        ask(page.page, "Who are you?")
        assert sent(page, "start")[0]["language"] is None
        page.ready()
        language.select_option(label="Deutsch")
        assert page.heard("language")["language"] == "de"
        language.select_option(label="As heard")
        assert page.heard("language")["language"] is None
        language.select_option(label="Deutsch")
        page.messages.clear()
        page.open()
        expect(language).to_have_value("de")
        ask(page.page, "Who are you?")
        assert sent(page, "start")[0]["language"] == "de"
        # One that the recogniser does not know any more is not asked for.
        page.messages.clear()
        page.answers["GET /languages"] = {**TWO_LANGUAGES, "languages": TWO_LANGUAGES["languages"][:1]}
        page.open()
        expect(language.locator("option")).to_have_text(["As heard", "English"])
        expect(language).to_have_value("")


def test_where_any_language_may_be_named_those_of_the_browser_are_offered(browser: Browser) -> None:
    with scripted(browser, locale="fr-FR") as page:
        page.answers["GET /languages"] = {"languages": [], "detects": True, "any": True}
        page.open()
        page.page.click("#settings summary")
        expect(page.page.locator("#language option")).to_have_text(["As heard", "français"])


def test_without_a_list_of_languages_nothing_is_said_of_them(browser: Browser) -> None:
    with opened(browser) as page:
        del page.answers["GET /languages"]
        page.open()
        page.page.click("#settings summary")
        for place in ("#language-field", "#understood", "#notice"):
            expect(page.page.locator(place)).to_be_hidden()


def test_an_engine_that_is_gone_while_no_list_comes_is_no_error_of_the_page(browser: Browser) -> None:
    with opened(browser) as page:
        ask(page.page, "Who are you?")
        page.ready()
        page.answers["GET /engines"] = {"status": 503, "detail": "not there"}
        listed = page.asked.count("GET /engines")
        page.send("engine", turn=1, engine="warp", restore="none", reason="gone")
        page.page.wait_for_timeout(200)
        assert page.asked.count("GET /engines") == listed + 1


# The microphone.


def test_a_prompt_that_nobody_answers_does_not_keep_anybody_from_typing(browser: Browser) -> None:
    with opened(browser, UNANSWERED, clock=True) as page:
        ask(page.page, "Who are you?")
        page.ready()
        assert [message["text"] for message in sent(page, "text")] == ["Who are you?"]
        answer(page, 1, "Who are you?", "I am Aria.")
        page.page.clock.run_for(3000)
        expect(page.page.locator("#notice")).to_contain_text("Your browser asks whether this page may use the microphone")
        # It is allowed at last: the session hears it, and nothing is said of it any more.
        assert page.page.evaluate("asked.length") == 1
        page.page.evaluate("asked[0].grant()")
        expect(page.page.locator("#microphone")).to_have_attribute("aria-pressed", "true")
        expect(page.page.locator("#notice")).to_be_hidden()


def test_a_microphone_of_another_rate_that_comes_later_is_told_to_the_server(browser: Browser) -> None:
    firefox = """
    const create = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
      if (this.sampleRate === 16000) throw new DOMException("another rate", "NotSupportedError");
      return create.call(this, stream);
    };
    """
    with opened(browser, UNANSWERED, firefox) as page:
        page.page.click("#start")
        start = sent(page, "start")[0]
        assert start["microphone"] == {"format": "pcm16", "rate": 16000}
        page.ready()
        page.page.evaluate("asked[0].grant()")
        (told,) = sent(page, "microphone")
        assert (told["format"], told["rate"]) == ("pcm16", page.page.evaluate("new AudioContext().sampleRate"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotAllowedError", "was refused"),
        ("NotFoundError", "There is no microphone"),
        ("NotReadableError", "another program"),
    ],
)
def test_why_there_is_no_microphone(browser: Browser, name: str, words: str) -> None:
    with opened(browser, UNANSWERED) as page:
        page.page.click("#start")
        page.ready()
        page.page.evaluate("(name) => asked[0].refuse(name)", name)
        expect(page.page.locator("#notice")).to_contain_text(words)
        expect(page.page.locator("#notice")).to_contain_text("You can type")
        # Pressed again, it is asked for again.
        page.page.click("#microphone")
        page.page.evaluate("asked[1].grant()")
        expect(page.page.locator("#microphone")).to_have_attribute("aria-pressed", "true")
        expect(page.page.locator("#notice")).to_be_hidden()


def test_an_address_that_is_not_secure_is_told_from_a_refusal(browser: Browser) -> None:
    script = "Object.defineProperty(window, 'isSecureContext', { value: false }); delete Navigator.prototype.mediaDevices;"
    with opened(browser, script) as page:
        ask(page.page, "Who are you?")
        expect(page.page.locator("#notice")).to_contain_text("https://")
        page.ready()
        assert sent(page, "text")


def test_a_microphone_that_is_unplugged_says_so_and_is_found_again(browser: Browser) -> None:
    with opened(browser, UNANSWERED) as page:
        page.page.click("#start")
        page.ready()
        page.page.evaluate("asked[0].grant()")
        expect(page.page.locator("#microphone")).to_have_attribute("aria-pressed", "true")
        page.page.evaluate("track.dispatchEvent(new Event('ended'))")
        expect(page.page.locator("#notice")).to_contain_text("unplugged")
        expect(page.page.locator("#microphone")).to_have_attribute("aria-pressed", "false")
        page.page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        page.page.evaluate("asked[1].grant()")
        expect(page.page.locator("#microphone")).to_have_attribute("aria-pressed", "true")
        expect(page.page.locator("#notice")).to_be_hidden()


def test_which_microphone_is_chosen_and_that_it_is_muted_is_remembered(browser: Browser) -> None:
    two = """
    navigator.mediaDevices.enumerateDevices = async () => ["one", "two"].map((id) => (
      { kind: "audioinput", deviceId: id, label: `The ${id}` }));
    """
    with opened(browser, UNANSWERED, two) as page:
        page.page.click("#settings summary")
        expect(page.page.locator("#microphone-field")).to_be_hidden()
        page.page.click("#start")
        page.ready()
        page.page.evaluate("asked[0].grant()")
        page.page.select_option("#microphone-choice", "two")
        page.page.wait_for_function("() => asked.length === 2")
        assert page.page.evaluate("asked[1].wanted.audio.deviceId") == {"ideal": "two"}
        page.page.evaluate("asked[1].grant()")
        expect(page.page.locator("#microphone")).to_have_attribute("aria-pressed", "true")
        page.page.click("#microphone")
        assert not page.page.evaluate("track.enabled")
        page.page.reload()
        # Muted before: it is not even asked for. Whoever wants to talk presses for it.
        ask(page.page, "Who are you?")
        page.ready()
        expect(page.page.locator("#microphone")).to_have_attribute("aria-pressed", "false")
        assert page.page.evaluate("asked.length") == 0
        page.page.click("#microphone")
        page.page.wait_for_function("() => asked.length === 1")
        assert page.page.evaluate("asked[0].wanted.audio.deviceId") == {"ideal": "two"}


# One session, whatever is pressed.


def test_a_page_has_one_session_however_often_anything_is_pressed(browser: Browser) -> None:
    with opened(browser) as page:
        for _ in range(3):
            page.page.evaluate("document.getElementById('start').onclick()")
            ask(page.page, "Who are you?")
            page.page.press("#question", "Enter")
        page.page.wait_for_timeout(100)
        assert page.connections == 1
        assert len(sent(page, "start")) == 1
        page.ready()
        ask(page.page, "What do you like?")
        assert [message["text"] for message in sent(page, "text", 2)] == ["Who are you?", "What do you like?"]
        assert page.connections == 1
        assert page.page.evaluate("asked.length") == 1
        page.send("transcript", turn=1, text="Who are you?")
        expect(page.page.locator("#talk .question:not(.pending)")).to_have_count(1)


# Waiting, and its words.


def test_a_server_that_does_not_answer_is_told_and_given_up(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        page.is_silent = True
        ask(page.page, "Who are you?")
        state(page.page, "connecting")
        expect(page.page.locator("#talk .pending")).to_contain_text("Who are you?")
        page.page.clock.run_for(8500)
        expect(page.page.locator("#notice")).to_contain_text("has not answered yet")
        page.page.click("#notice button:has-text('Try again')")
        state(page.page, "connecting")
        page.page.wait_for_timeout(100)
        page.page.clock.run_for(8500)
        page.page.click("#notice button:has-text('Cancel')")
        state(page.page, "away")
        expect(page.page.locator("#question")).to_have_value("Who are you?")


def test_what_a_new_face_waits_for(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        page.page.click("#start")
        sent(page, "start")
        for step, words in (("place", "free place"), ("face", "know the face"), ("motion", "move the face")):
            page.tell("preparing", step=step)
            page.page.wait_for_timeout(50)
            page.page.clock.run_for(500)
            expect(page.page.locator("#state")).to_contain_text(words)
        page.page.clock.run_for(46_000)
        expect(page.page.locator("#notice")).to_contain_text("longer than usual")
        page.ready()
        expect(page.page.locator("#notice")).to_be_hidden()
        page.send("preparing", step="face")
        page.page.wait_for_timeout(50)
        page.page.clock.run_for(500)
        state(page.page, "preparing")
        page.send("preparing", step="done")
        state(page.page, "ready")


def test_an_answer_that_takes_long_can_be_stopped(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        ask(page.page, "Who are you?")
        page.ready()
        page.send("transcript", turn=1, text="Who are you?")
        state(page.page, "thinking")
        passes(page, 21)
        expect(page.page.locator("#notice")).to_contain_text("longer than usual")
        page.page.click("#notice button:has-text('Stop')")
        assert sent(page, "interrupt")
        page.send("interrupted", turn=1, resume_s=0, heard="")
        state(page.page, "ready")
        expect(page.page.locator("#notice")).to_be_hidden()


def test_whoever_waits_for_a_place_sees_for_how_long(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        ask(page.page, "Who are you?")
        sent(page, "start")
        page.tell("error", problem=FULL)
        page.drop(1013)
        state(page.page, "waiting")
        expect(page.page.locator("#notice")).to_contain_text("all places are taken")
        expect(page.page.locator("#state")).to_contain_text("Trying again in 12 s")
        page.page.clock.run_for(5000)
        expect(page.page.locator("#state")).to_contain_text("Trying again in 7 s")
        page.messages.clear()
        page.page.clock.run_for(9000)
        page.ready()
        assert [message["text"] for message in sent(page, "text")] == ["Who are you?"]
        expect(page.page.locator("#notice")).to_be_hidden()
        page.send("transcript", turn=1, text="Who are you?")
        page.send("error", turn=1, problem=FULL)
        expect(page.page.locator("#talk .again")).to_have_text("Ask again in 12 s")
        expect(page.page.locator("#talk .again")).to_be_disabled()
        page.page.clock.run_for(12_500)
        page.page.click("#talk .again:has-text('Ask again')")
        assert len(sent(page, "text", 2)) == 2


def test_a_refusal_that_lasts_is_not_waited_for(browser: Browser) -> None:
    with opened(browser) as page:
        ask(page.page, "Who are you?")
        assert sent(page, "start")[0]["engine"] == "warp"
        page.tell("error", problem=TOO_SLOW)
        page.drop(4000)
        state(page.page, "away")
        expect(page.page.locator("#notice")).to_contain_text("cannot be drawn in real time here")
        page.messages.clear()
        page.page.click("#notice button:has-text('Draw with wav2lip'):not(:has-text('restored'))")
        start = sent(page, "start")[0]
        assert (start["engine"], start["restore"]) == ("wav2lip", "none")
        page.ready()
        assert [message["text"] for message in sent(page, "text")] == ["Who are you?"]
        expect(page.page.locator("#notice")).to_be_hidden()
        page.send("engine", engine="warp", restore="none", problem=FAILED)
        expect(page.page.locator("#notice")).to_contain_text("warp draws it from here on")
        expect(page.page.locator("#engine")).to_have_value("warp/none")


def test_a_refused_question_is_there_again(browser: Browser) -> None:
    with opened(browser) as page:
        page.page.click("#start")
        page.ready()
        ask(page.page, "Who are you?")
        sent(page, "text")
        page.tell("error", problem=FULL)
        expect(page.page.locator("#notice")).to_contain_text("ask again in 12 s")
        expect(page.page.locator("#question")).to_have_value("Who are you?")
        expect(page.page.locator("#talk li")).to_have_count(0)


# A server that is lost.


def test_a_server_that_is_lost_says_so_and_keeps_the_question(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        page.page.click("#start")
        page.ready()
        page.is_away = True
        ask(page.page, "Who are you?")
        sent(page, "text")
        page.drop()
        state(page.page, "lost")
        expect(page.page.locator("#reconnect")).to_be_visible()
        for _ in range(12):
            page.page.clock.run_for(4000)
            page.page.wait_for_timeout(20)
        state(page.page, "gone")
        expect(page.page.locator("#state")).to_contain_text("cannot be reached")
        expect(page.page.locator("#question")).to_have_value("Who are you?")
        page.is_away = False
        page.messages.clear()
        page.page.click("#reconnect")
        page.ready()
        page.page.press("#question", "Enter")
        assert [message["text"] for message in sent(page, "text")] == ["Who are you?"]


def test_a_server_that_never_was_there_is_said_to_be_away(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        page.is_away = True
        ask(page.page, "Who are you?")
        for _ in range(8):
            page.page.wait_for_timeout(20)
            page.page.clock.run_for(4000)
        state(page.page, "gone")
        expect(page.page.locator("#notice")).to_contain_text("cannot be reached")
        expect(page.page.locator("#question")).to_have_value("Who are you?")


def test_a_connection_that_is_dead_is_noticed(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        page.page.click("#start")
        page.ready()
        page.is_silent = True
        for _ in range(4):
            page.page.clock.run_for(5000)
            page.page.wait_for_timeout(20)
        state(page.page, "lost")
        assert page.connections >= 2


def test_a_question_that_was_lost_with_the_connection_is_asked_again_once(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        page.page.click("#start")
        page.ready()
        ask(page.page, "Who are you?")
        sent(page, "text")
        page.messages.clear()
        page.drop()
        page.page.wait_for_timeout(50)
        page.page.clock.run_for(100)
        assert sent(page, "start")[0]["resume"]["session"] == "s"
        page.ready(resumed=True)
        page.page.clock.run_for(1600)
        assert [message["text"] for message in sent(page, "text")] == ["Who are you?"]
        page.send("transcript", turn=1, text="Who are you?")
        page.messages.clear()
        page.page.clock.run_for(5000)
        assert not [message for message in page.messages if message["type"] == "text"]


def test_an_answer_that_a_lost_server_owes_can_be_asked_for_again(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        ask(page.page, "Who are you?")
        page.ready()
        page.send("transcript", turn=1, text="Who are you?")
        state(page.page, "thinking")
        page.messages.clear()
        page.drop(1012)
        page.page.wait_for_timeout(50)
        page.page.clock.run_for(100)
        page.ready()
        expect(page.page.locator("#talk .failed")).to_contain_text("lost before it answered")
        page.page.click("#talk .again")
        assert [message["text"] for message in sent(page, "text")] == ["Who are you?"]


def test_the_page_can_be_loaded_while_the_server_is_away(browser: Browser) -> None:
    with opened(browser) as page:
        page.answers["GET /voices"] = {"status": 503, "detail": "the voices are not there yet"}
        page.page.reload()
        expect(page.page.locator("#notice")).to_contain_text("the voices are not there yet")
        page.answers["GET /voices"] = {"voices": []}
        page.page.click("#notice button")
        expect(page.page.locator("#notice")).to_be_hidden()


def test_whoever_has_no_key_can_leave_the_question_for_one(browser: Browser) -> None:
    with opened(browser) as page:
        page.answers |= {path: {"status": 401, "detail": "no key"} for path in ("GET /voices", "GET /engines")}
        page.page.reload()
        page.page.click("#key-dialog button:has-text('Cancel')")
        expect(page.page.locator("#key-dialog")).to_be_hidden()
        expect(page.page.locator("#notice")).to_contain_text("Without a key")
        page.answers |= {path: {"status": 401, "detail": "no key"} for path in ("GET /voices", "GET /engines")}
        page.page.click("#notice button")
        page.page.fill("#key", "sesame")
        page.page.press("#key", "Enter")
        page.page.wait_for_timeout(100)


# The player.


def test_a_video_that_was_paused_goes_on(browser: Browser) -> None:
    with opened(browser) as page:
        page.page.click("#start")
        page.ready()
        page.page.wait_for_function("() => document.getElementById('video').currentTime > 0.1")
        # As browsers do where a headset is unplugged, or a tab is hidden.
        page.page.evaluate("document.getElementById('video').pause()")
        page.page.wait_for_function("() => !document.getElementById('video').paused")
        expect(page.page.locator("#play")).to_be_hidden()


def test_a_video_that_somebody_paused_stands_until_they_go_on_or_are_answered(browser: Browser) -> None:
    keys = "navigator.mediaSession.setActionHandler = (name, run) => ((window.keys ??= {})[name] = run);"
    with opened(browser, GRANTED, keys) as page:
        page.page.click("#start")
        page.ready()
        page.page.wait_for_function("() => document.getElementById('video').currentTime > 0.1")
        page.page.evaluate("keys.pause()")
        expect(page.page.locator("#play")).to_have_text(re.compile("Go on playing"))
        page.page.wait_for_timeout(1200)
        page.page.click("#play")
        page.page.wait_for_function("() => !document.getElementById('video').paused")
        expect(page.page.locator("#play")).to_be_hidden()
        page.page.evaluate("keys.pause()")
        expect(page.page.locator("#play")).to_be_visible()
        page.page.wait_for_timeout(1200)
        page.send("speaking", turn=1, media_s=2)
        page.page.wait_for_function("() => !document.getElementById('video').paused")
        expect(page.page.locator("#play")).to_be_hidden()


def test_where_a_browser_plays_no_sound_by_itself_a_button_does(browser: Browser) -> None:
    with opened(browser, GRANTED, NO_AUTOPLAY) as page:
        page.page.click("#start")
        page.ready()
        expect(page.page.locator("#play")).to_have_text(re.compile("Press to hear it"))
        page.page.wait_for_function("() => document.getElementById('video').currentTime > 0.1")
        page.page.evaluate("pressed = true")
        page.page.click("#play")
        page.page.wait_for_function("() => !document.getElementById('video').muted")
        expect(page.page.locator("#play")).to_be_hidden()


def test_a_picture_that_does_not_come_is_said(browser: Browser) -> None:
    with opened(browser, clock=True) as page:
        page.page.click("#start")
        page.ready(is_shown=False)
        for _ in range(3):
            page.page.clock.run_for(5000)
        expect(page.page.locator("#notice")).to_contain_text("The picture does not come")
        page.page.click("#notice button")
        page.page.wait_for_timeout(50)
        assert page.connections == 2


def test_a_browser_that_cannot_play_the_video_says_so(browser: Browser) -> None:
    with opened(browser, GRANTED, "delete globalThis.MediaSource; delete globalThis.ManagedMediaSource;") as page:
        page.page.click("#start")
        page.ready(is_shown=False, to="away")
        expect(page.page.locator("#notice")).to_contain_text("cannot play the video")


def test_sound_captions_and_volume_are_remembered(browser: Browser) -> None:
    with opened(browser) as page:
        shown = "[video.muted, video.volume, video.textTracks[0].mode]"
        assert page.page.evaluate(shown) == [False, 1, "showing"]
        page.page.fill("#volume", "0.5")
        page.page.click("#captions")
        assert page.page.evaluate(shown) == [False, 0.5, "hidden"]
        page.page.click("#sound")
        expect(page.page.locator("#sound")).to_have_attribute("aria-pressed", "false")
        page.page.reload()
        assert page.page.evaluate(shown) == [True, 0.5, "hidden"]
        page.page.click("#sound")
        page.page.click("#captions")
        assert page.page.evaluate(shown) == [False, 0.5, "showing"]
        expect(page.page.locator("#volume")).to_have_value("0.5")


def test_the_face_fills_the_screen(browser: Browser) -> None:
    with opened(browser) as page:
        page.page.click("#fullscreen")
        page.page.wait_for_function("() => document.fullscreenElement?.id === 'face'")
        expect(page.page.locator("#fullscreen")).to_have_attribute("aria-label", "Leave full screen")


# What was said.


def test_new_lines_are_seen_unless_their_reader_has_scrolled_up(browser: Browser) -> None:
    at_end = "() => { const t = document.getElementById('talk'); return t.scrollTop + t.clientHeight >= t.scrollHeight - 2; }"
    for viewport in ({"width": 1180, "height": 820}, {"width": 390, "height": 844}):
        with opened(browser, viewport=viewport) as page:
            page.page.click("#start")
            page.ready()
            for turn in range(1, 8):
                answer(page, turn, f"Question {turn}?", "A long answer. " * 20)
            page.page.wait_for_function(at_end)
            page.page.evaluate("document.getElementById('talk').scrollTop = 0")
            expect(page.page.locator("#newest")).to_be_hidden()
            page.send("transcript", turn=8, text="And now?")
            page.send("error", turn=8, problem=FAILED)
            expect(page.page.locator("#newest")).to_be_visible()
            assert page.page.evaluate("document.getElementById('talk').scrollTop") == 0
            page.page.click("#newest")
            page.page.wait_for_function(at_end)
            expect(page.page.locator("#newest")).to_be_hidden()
            expect(page.page.locator("#talk .failed")).to_be_in_viewport()
            page.send("transcript", turn=9, text="And now?")
            page.send("error", turn=9, problem=FAILED)
            page.page.wait_for_function(at_end)


def test_a_failed_answer_is_asked_for_again(browser: Browser) -> None:
    with opened(browser) as page:
        ask(page.page, "Who are you?")
        page.ready()
        page.send("transcript", turn=1, text="Who are you?")
        page.send("error", turn=1, problem=FAILED)
        page.page.click("#talk .again:has-text('Ask again')")
        assert [message["text"] for message in sent(page, "text", 2)] == ["Who are you?"] * 2


def test_an_example_is_a_question(browser: Browser) -> None:
    with opened(browser) as page:
        expect(page.page.locator("#empty")).to_be_visible()
        page.page.click(".example >> nth=1")
        page.ready()
        assert [message["text"] for message in sent(page, "text")] == ["Why is the sky blue?"]
        expect(page.page.locator("#empty")).to_be_hidden()


def test_escape_interrupts_and_an_answer_says_who_made_it(browser: Browser) -> None:
    with opened(browser) as page:
        page.page.click("#start")
        page.ready()
        page.page.keyboard.press("Escape")
        answer(page, 1, "Who are you?", "I am Aria.")
        page.page.click("#settings summary")
        expect(page.page.locator("#answering")).to_have_text(re.compile("an llm.*a tts.*warp"))
        page.send("transcript", turn=2, text="And now?")
        state(page.page, "thinking")
        assert not [message for message in page.messages if message["type"] == "interrupt"]
        page.page.keyboard.press("Escape")
        assert sent(page, "interrupt")
