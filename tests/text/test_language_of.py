"""In which language a clause is, and which clauses leave the language of the answer."""

from __future__ import annotations

import pytest

from comps.cores.text.language_of import language_of

#: Clauses of an answer that was English so far, each surely in another language.
_OTHER = [
    ("你好，我叫小明。", "zh"),
    ("今天天气很好，我们去公园吧。", "zh"),
    ("天氣很好。", "zh"),
    ("我唔係好清楚佢喺邊。", "yue"),
    ("こんにちは、田中さん。", "ja"),
    ("今日は天気がいいですね。", "ja"),
    ("東京タワー", "ja"),
    ("안녕하세요, 저는 민수입니다.", "ko"),
    ("مرحبا، اسمي أحمد. كيف حالك اليوم؟", "ar"),
    ("سلام، حال شما چطور است؟", "fa"),
    ("آپ کیسے ہیں؟", "ur"),
    ("שלום, מה שלומך?", "he"),
    ("สวัสดีครับ ผมชื่อสมชาย", "th"),
    ("Привет, как дела?", "ru"),
    ("Столица Франции — Париж.", "ru"),
    ("Привіт, як справи?", "uk"),
    ("Здравейте, как сте?", "bg"),
    ("Добър ден!", "bg"),
    ("Здраво, како си ти?", "sr"),
    ("Љубав је лепа.", "sr"),
    ("Сёння вельмі добрае надвор'е.", "be"),
    ("Γεια σου, τι κάνεις;", "el"),
    ("नमस्ते, आप कैसे हैं?", "hi"),
    ("तुम्ही कसे आहात? मी ठीक आहे.", "mr"),
    ("আপনি কেমন আছেন?", "bn"),
    ("வணக்கம், எப்படி இருக்கிறீர்கள்?", "ta"),
    ("నమస్కారం", "te"),
    ("გამარჯობა", "ka"),
    ("Բարև ձեզ", "hy"),
    ("ሰላም፣ እንዴት ነህ?", "am"),
    ("Guten Tag, wie geht es Ihnen?", "de"),
    ("Das Wetter ist heute schön.", "de"),
    ("Berlin ist die Hauptstadt von Deutschland.", "de"),
    ("Ich heiße Anna und wohne in Berlin.", "de"),
    ("Hola, ¿cómo estás?", "es"),
    ("La capital de Francia es París.", "es"),
    ("Me llamo Ana y vivo en Madrid.", "es"),
    ("Bonjour, comment allez-vous ?", "fr"),
    ("Je m'appelle Marie et j'habite à Paris.", "fr"),
    ("La capitale de l'Allemagne est Berlin.", "fr"),
    ("Il fait beau aujourd'hui.", "fr"),
    ("Ciao, come stai oggi?", "it"),
    ("La capitale della Germania è Berlino.", "it"),
    ("Olá, tudo bem com você?", "pt"),
    ("A capital da França é Paris.", "pt"),
    ("Goedemorgen, hoe gaat het met je?", "nl"),
    ("De hoofdstad van Duitsland is Berlijn.", "nl"),
    ("Hej, hur mår du idag?", "sv"),
    ("Hej, hvordan har du det i dag?", "da"),
    ("Hei, hvordan har dere det i dag?", "nb"),
    ("Cześć, jak się masz?", "pl"),
    ("Stolicą Niemiec jest Berlin.", "pl"),
    ("Ahoj, jak se máš?", "cs"),
    ("Szia, hogy vagy ma?", "hu"),
    ("Hei, mitä sinulle kuuluu tänään?", "fi"),
    ("Merhaba, bugün nasılsın?", "tr"),
    ("Xin chào, bạn có khỏe không?", "vi"),
    ("Halo, apa kabar hari ini?", "id"),
    ("Bună ziua, ce mai faci?", "ro"),
    ("Gracias.", "es"),
    ("¡Claro que sí!", "es"),
    ("Natürlich, gerne!", "de"),
    ("Python 是一种编程语言。", "zh"),
    ("Apple 的 iPhone 很好。", "zh"),
    ("私は Python が好きです。", "ja"),
]
#: Clauses that stay English.
_ENGLISH = [
    "The capital of France is Paris.",
    "Of course!",
    "Paris.",
    "OK.",
    "42.",
    "…",
    "Yes, I do.",
    "She said bonjour to the waiter.",
    "The German word Schadenfreude has no English counterpart.",
    "The Chinese word 你好 means hello.",
    "We had jalapeños, tortillas and a piñata.",
    "My favourite dishes are crème brûlée and Wiener Schnitzel.",
    "Los Angeles and Las Vegas are far apart.",
    "Los Angeles, Las Vegas, San Francisco.",
    "Rio de Janeiro, São Paulo and Brasília.",
    "Ludwig van Beethoven wrote nine symphonies.",
    "Ludwig Mies van der Rohe.",
    "Juan de la Cruz",
    "Charles de Gaulle",
    "Leonardo da Vinci painted the Mona Lisa.",
    "El Niño warms the sea.",
    "Le Monde and Der Spiegel are newspapers.",
    "Die Hard is a film.",
    "Man at war.",
    "Hat man.",
    "Come on!",
    "Pour me a drink.",
    "Comment on the main point.",
    "Fine art.",
    "Am I in?",
    "No, no, no!",
    "Do so.",
    "The café is naïve about its résumé.",
    "Angela Merkel, Helmut Kohl, Gerhard Schröder.",
    "José Luis Rodríguez Zapatero",
    "Москва is the Russian name of Moscow.",
    "In Japan people say 'arigatou'.",
    "À la carte menus cost more.",
    "A faux pas, so to speak.",
    "Taco, burrito, enchilada.",
    "Spaghetti alla carbonara with parmesan",
    "Et cetera, ad hoc, per se.",
    "ChatGPT, Python, Linux.",
    "Doctor Müller arrives at ten.",
    "The Beatles sang Michelle, ma belle.",
]
#: The language so far, a clause, its language.
_SHORT = [
    ("de", "Paris.", "de"),
    ("de", "OK.", "de"),
    ("de", "Angela Merkel.", "de"),
    ("de", "Ich mag das Wort serendipity sehr.", "de"),
    ("de", "How are you today?", "en"),
    ("fr", "Paris, Lyon, Marseille.", "fr"),
    ("es", "No.", "es"),
    ("ja", "東京。", "ja"),
    ("zh", "OK.", "zh"),
    ("zh", "iPhone 15 Pro。", "zh"),
    ("uk", "Так.", "uk"),
    ("bg", "Да.", "bg"),
    ("uk", "Я не знаю, что это.", "ru"),
    ("fa", "سلام", "fa"),
    ("mr", "नमस्ते", "mr"),
    ("nb", "Ja, det er det.", "nb"),
    ("de", "Das Wort 你好 heißt hallo.", "de"),
    ("pt-br", "Sim.", "pt-br"),
    ("", "Paris.", ""),
    ("", "Who are you?", "en"),
]


@pytest.mark.parametrize(("clause", "language"), _OTHER)
def test_a_clause_in_another_language_is_told(clause: str, language: str) -> None:
    assert language_of(clause, "en") == language


@pytest.mark.parametrize("clause", _ENGLISH)
def test_foreign_words_and_names_leave_a_clause_english(clause: str) -> None:
    assert language_of(clause, "en") == "en"


@pytest.mark.parametrize(("so_far", "clause", "language"), _SHORT)
def test_a_short_clause_stays_in_the_language_so_far(so_far: str, clause: str, language: str) -> None:
    assert language_of(clause, so_far) == language
