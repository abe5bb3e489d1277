"""The sentence that the program speaks in place of an answer that the model's server filtered, in the question's language.

The answer's ``finish_reason`` is then ``content_filter``.
"""

from __future__ import annotations

from comps.cores.text.languages import code_of

_SENTENCES = {
    "ar": "لقد حجب مرشح المحتوى الإجابة عن هذا السؤال.",
    "cs": "Odpověď na to zadržel filtr obsahu.",
    "da": "Svaret på det blev holdt tilbage af et indholdsfilter.",
    "de": "Die Antwort darauf wurde von einem Inhaltsfilter zurückgehalten.",
    "el": "Η απάντηση σε αυτό κρατήθηκε από ένα φίλτρο περιεχομένου.",
    "en": "The answer to that was held back by a content filter.",
    "es": "Un filtro de contenido ha retenido la respuesta a eso.",
    "fi": "Sisältösuodatin pidätti vastauksen tähän.",
    "fr": "La réponse à cela a été retenue par un filtre de contenu.",
    "hi": "इसका उत्तर एक सामग्री फ़िल्टर ने रोक लिया।",
    "hu": "Az erre adott választ egy tartalomszűrő visszatartotta.",
    "id": "Jawaban atas hal itu ditahan oleh penyaring konten.",
    "it": "La risposta a questo è stata trattenuta da un filtro dei contenuti.",
    "ja": "この質問への回答は、コンテンツフィルターによって差し止められました。",
    "ko": "이에 대한 답변은 콘텐츠 필터에 의해 차단되었습니다.",
    "nl": "Het antwoord daarop is tegengehouden door een inhoudsfilter.",
    "no": "Svaret på det ble holdt tilbake av et innholdsfilter.",
    "pl": "Odpowiedź na to została zatrzymana przez filtr treści.",
    "pt": "A resposta a isso foi retida por um filtro de conteúdo.",
    "ro": "Răspunsul la aceasta a fost reținut de un filtru de conținut.",
    "ru": "Ответ на это был задержан фильтром содержимого.",
    "sv": "Svaret på det hölls tillbaka av ett innehållsfilter.",
    "tr": "Bunun yanıtı bir içerik filtresi tarafından engellendi.",
    "uk": "Відповідь на це затримав фільтр вмісту.",
    "vi": "Câu trả lời cho điều đó đã bị bộ lọc nội dung giữ lại.",
    "zh": "对此的回答被内容过滤器拦下了。",
}
#: Languages that are written as another of the table.
_ALIKE = {"nb": "no", "nn": "no", "yue": "zh", "wuu": "zh", "cmn": "zh"}


def held_back(language: str) -> str:
    """The sentence in ``language``; in English where the table has none."""
    code = code_of(language)
    return _SENTENCES.get(_ALIKE.get(code, code), _SENTENCES["en"])
