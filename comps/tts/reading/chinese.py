"""How Chinese is read (Mandarin; the same signs are read in Cantonese)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from comps.tts.reading.traced import Rewrite, Traced

Match = re.Match[str]
_DIGITS = "零一二三四五六七八九"
#: In telephone numbers "one" is yāo, so that it is not heard as seven (yī, qī).
_SPELLED = "零幺二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_BIG = ("", "万", "亿", "万亿", "亿亿")
_MAX_DIGITS = 16
_NUM = r"\d{1,40}(?:\.\d{1,40})?"
#: After 2 as a count: 两.
_MEASURES = (
    "个半小时|个|位|天|次|种|条|只|本|张|件|人|小时|分钟|秒钟|杯|块|瓶|斤|家|座|辆|台|部|首|句|间|层|岁|周|倍|份|颗|双"
    "|套|片|名|头|匹|棵|朵|支|枝"
    "|盒|袋|碗|年|点钟|点|米|公里|公斤|千克|吨|升|元|美元|欧元|万|千|亿|周年|星期|箱|幅|项|场|顿"
    "|個|點|種|條|隻|張|小時|分鐘|秒鐘|塊|輛|臺|間|層|歲|雙|萬|億|場|頓|項"
)
_UNITS = {
    "km/h": "公里每小时", "m/s": "米每秒", "km²": "平方公里", "m²": "平方米", "cm²": "平方厘米", "m³": "立方米",
    "cm³": "立方厘米",
    "km^2": "平方公里", "m^2": "平方米", "km": "公里", "m": "米", "cm": "厘米", "mm": "毫米", "μm": "微米", "µm": "微米",
    "nm": "纳米",
    "kg": "公斤", "g": "克", "mg": "毫克", "t": "吨", "L": "升", "l": "升", "ml": "毫升", "mL": "毫升", "h": "小时",
    "min": "分钟",
    "s": "秒", "ms": "毫秒", "Hz": "赫兹", "kHz": "千赫", "MHz": "兆赫", "GHz": "吉赫", "W": "瓦", "kW": "千瓦", "MW": "兆瓦",
    "kWh": "千瓦时", "V": "伏", "A": "安", "mA": "毫安", "mAh": "毫安时", "Ω": "欧姆", "Pa": "帕", "hPa": "百帕", "kPa": "千帕",
    "J": "焦耳", "kJ": "千焦", "kcal": "千卡", "cal": "卡", "dB": "分贝", "N": "牛", "ha": "公顷", "°C": "摄氏度", "°F": "华氏度",
    "°": "度", "in": "英寸", "ft": "英尺", "mi": "英里", "lb": "磅", "oz": "盎司", "mph": "英里每小时",
}  # fmt: skip
_CURRENCIES = {
    "¥": "元", "RMB": "元", "CNY": "元", "$": "美元", "US$": "美元", "USD": "美元", "€": "欧元", "EUR": "欧元", "£": "英镑",
    "GBP": "英镑", "HK$": "港元", "NT$": "新台币", "₩": "韩元", "JPY": "日元", "₹": "卢比", "₽": "卢布",
}  # fmt: skip
_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8),
           "⅞": (7, 8)}  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def cardinal(number: int) -> str:
    """At most ``_MAX_DIGITS`` digits."""
    if number == 0:
        return "零"
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    said, gap = "", False
    for index in reversed(range(len(groups))):
        group = groups[index]
        if not group:
            gap = bool(said)
            continue
        if said and (gap or group < 1000):
            said += "零"
        said += ("两" if group == 2 and index else _group(group)) + _BIG[index]
        gap = False
    return said.removeprefix("一") if said.startswith("一十") else said


def _group(number: int) -> str:
    """Up to four digits."""
    said, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(said)
            continue
        said += ("零" if gap else "") + ("两" if digit == 2 and place == 3 else _DIGITS[digit]) + _PLACES[place]
        gap = False
    return said


def digits(text: str, names: str = _DIGITS) -> str:
    return "".join(names[int(digit)] for digit in text if digit.isdigit())


def number(text: str) -> str:
    whole, _, fraction = text.partition(".")
    said = digits(whole) if len(whole) > _MAX_DIGITS or (len(whole) > 1 and whole[0] == "0") else cardinal(int(whole or 0))
    return f"{said}点{digits(fraction)}" if fraction else said


def _counted(text: str) -> str:
    return "两" if text == "2" else number(text)


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _date(match: Match) -> str | None:
    return f"{digits(match['y'])}年{cardinal(int(match['m']))}月{cardinal(int(match['d']))}日"


def _clock(match: Match) -> str | None:
    hour, minute = int(match["h"]), int(match["m"])
    said = ("两" if hour == 2 else cardinal(hour)) + "点"
    if minute:
        said += ("零" if minute < 10 else "") + cardinal(minute) + "分"
    return said + (f"{number(match['s'].lstrip('0') or '0')}秒" if match["s"] else "")


def _phone(match: Match) -> str | None:
    return "，".join(digits(group, _SPELLED) for group in re.findall(r"\d+", match[0]))


def _fraction(top: int, bottom: int) -> str:
    return f"{cardinal(bottom)}分之{cardinal(top)}"


def _money(match: Match) -> str | None:
    return (f"{number(match['n'])}到{number(match['n2'])}" if match["n2"] else _counted(match["n"])) + (match["scale"] or "") + (
        _CURRENCIES[match["cur"]]
    )  # fmt: skip


def _measure(match: Match) -> str | None:
    unit = _UNITS[match["unit"]]
    minus = ("零下" if "度" in unit and "°" in match["unit"] else "负") if match["minus"] else ""
    return minus + _counted(match["n"]) + unit


def _power(text: str) -> str:
    names = {"2": "的平方", "3": "的立方"}
    return names.get(text) or f"的{'负' if text[0] in '-−' else ''}{number(text.lstrip('-−'))}次方"


def _plain(match: Match) -> str | None:
    is_name = match[0].isdigit() and len(match[0]) > 9 and not match[0].endswith("000")
    return digits(match[0]) if is_name else number(match[0])


def _version(text: str) -> str:
    return "点".join(number(part) for part in text.split("."))


_D = r"[ ]?[-–—−~～至][ ]?"
_SCALE = r"(?:[ ]?(?P<scale>万亿|百万|千万|亿|万|千))?"
_RULES: tuple[tuple[str, Rewrite | str], ...] = (
    (r"(?<![\d,.])\d{1,3}(?P<s>[,\u202f])\d{3}(?:(?P=s)\d{3}){0,5}(?!\d)(?!(?P=s)"
    r"\d)", lambda match: match[0].replace(match["s"], "")),
    (r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", lambda match: "点".join(number(part) for part in match[0].split("."))),
    (r"(?<![\d.])\+\d{1,3}(?:[ -]{0,2}\(?\d{2,5}\)?){2,5}(?!\d)", lambda match: "加" + (_phone(match) or "")),
    (r"(?<![\d.,])1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)|(?<![\d.,])\(?0\d{2,3}\)?[ -]?\d{7,8}(?!\d)|(?<![\d.])"
    r"[48]00-\d{3,4}-\d{3,4}(?!\d)", _phone),
    (r"(?:拨打|致电|打|热线|电话|报警)(?:：|:)?[ ]?(?P<it>\d{3,12})(?!\d)", lambda match: digits(match["it"], _SPELLED)),
    (r"(?:密码|验证码|邮编|编号|账号|号码|代码)(?:是|为|：|:)?[ ]?(?P<it>\d{4,20})(?!\d)", lambda match: digits(match["it"],
    _SPELLED)),
    (
        r"(?<![\d-])(?P<y>\d{4})(?P<s>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01]|[1-9])(?![\d-])",
        _date,
    ),
    (rf"(?<!\d)(?P<a>\d{{4}})年?{_D}(?P<b>\d{{4}})(?=年)", lambda match: f"{digits(match['a'])}到{digits(match['b'])}"),
    (r"(?<![\d.])(?P<it>[12]\d{3}|0\d{1,3})(?=[ ]?年)(?![ ]?年(?:前|后|来|间|历史|的历史|时间))",
    lambda match: digits(match["it"])),
    (r"(?<!\d)(?P<it>\d{2})(?=[ ]?年(?:毕业|出生|生人|款))", lambda match: digits(match["it"])),
    (r"(?<![\d:.])(?P<a>(?:[01]?\d|2[0-4])[:：][0-5]\d)(?P<it>" + _D + r")(?=\d{1,2}[:：]\d\d)", "到"),
    (r"(?<![\d:.])(?P<h>[01]?\d|2[0-4])[:：](?P<m>[0-5]\d)(?:[:：](?P<s>[0-5]\d))?(?![\d:])", _clock),
    (r"(?<![\d:])(?P<a>\d{1,5})[ ]?[:：][ ]?(?P<b>\d{1,5})"
    r"(?![\d:])", lambda match: f"{number(match['a'])}比{number(match['b'])}"),
    (r"(?<![\d.])\d{1,5}(?:\.\d{1,5}){2,4}(?![\d.])", lambda match: _version(match[0])),
    (r"(?<![A-Za-z])[vV](?P<n>\d{1,5}(?:\.\d{1,5}){0,4})(?!\w)", lambda match: "版本" + _version(match["n"])),
    (
        rf"(?<![A-Za-z])(?P<cur>{_any(_CURRENCIES)})[ ]?(?P<n>{_NUM})(?:{_D}(?:{_any(_CURRENCIES)})?(?P<n2>{_NUM}))?{_SCALE}",
        _money,
    ),
    (rf"(?<![\d.])(?P<n>{_NUM})(?:{_D}(?P<n2>{_NUM}))?{_SCALE}[ ]?(?P<cur>{_any(_CURRENCIES)})(?![A-Za-z])", _money),
    (
        rf"(?<![\w.])(?P<minus>[-−])?(?P<a>{_NUM})%?{_D}(?P<b>{_NUM})[ ]?%",
        lambda match: f"百分之{number(match['a'])}到{number(match['b'])}",
    ),
    (rf"(?P<minus>(?<![\d])[-−])?(?P<n>{_NUM})[ ]?%",
    lambda match: ("负" if match["minus"] else "") + f"百分之{number(match['n'])}"),
    (rf"(?P<n>{_NUM})[ ]?‰", lambda match: f"千分之{number(match['n'])}"),
    (rf"(?:(?P<w>\d{{1,4}})[ ]?)?(?P<f>[{''.join(_VULGAR)}])",
     lambda match: (f"{number(match['w'])}又" if match["w"] else "") + _fraction(*_VULGAR[match["f"]])),
    (r"(?<![\d/.])24/7(?![\d/])", "二十四小时全天候"),
    (r"(?<![\d/.])(?P<a>\d{1,4})[/⁄](?P<b>\d{1,4})(?![\d/.])", lambda match: _fraction(int(match["a"]), int(match["b"]))),
    (r"(?<![\w.])(?P<n>\d{1,20}(?:\.\d{1,20})?)[eE](?P<p>[+-]?\d{1,4})(?!\w)",
     lambda match: f"{number(match['n'])}乘以十{_power(match['p'].lstrip('+'))}"),
    (rf"(?P<a>(?<![A-Za-z\d.-]){_NUM})(?:{_any(_UNITS)})?(?P<it>{_D})(?={_NUM}(?!-))(?!.{{0,12}}=)", "到"),
    (rf"(?<![A-Za-z.])(?P<minus>(?<![A-Za-z\d)])[-−])?(?P<n>{_NUM})[ ]?(?P<unit>{_any(_UNITS)})(?![A-Za-z/])", _measure),
    (rf"(?<=[\d万亿千百])(?P<unit>{_any(_UNITS)})(?![A-Za-z/])", lambda match: _UNITS[match["unit"]]),
    (r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]{1,6}", lambda match: _power(match[0].translate(_RAISED))),
    (r"(?<=[\w)])\^[({]?(?P<p>-?\d{1,6})[)}]?", lambda match: _power(match["p"])),
    (r"π", "派"),
    (r"(?:No\.|№|#)[ ]?(?=\d)", "第"),
    (r"(?<![\w.])[~～≈约][ ]?(?=\d)", "约"),
    (r"(?<=[\w)])[ ]?(?:=|＝)[ ]?(?=[\w(-])", "等于"),
    (r"(?<=[\w)])[ ]?[+＋][ ]?(?=[\w(])", "加"),
    (r"(?<=[\w)])[ ]?[×∗*][ ]?(?=[\w(])", "乘以"),
    (r"(?<=[\w)])[ ]?÷[ ]?(?=[\w(])", "除以"),
    (r"(?<=[\d)])[ ][-−–][ ](?=[\d(])", "减"),
    (r"(?<=\w)[ ]?(?:≤|<=)[ ]?(?=[\w-])", "小于等于"),
    (r"(?<=\w)[ ]?(?:≥|>=)[ ]?(?=[\w-])", "大于等于"),
    (r"[ ]?≠[ ]?", "不等于"),
    (r"[ ]?±[ ]?", "正负"),
    (r"(?<=\w)[ ]?<[ ]?(?=[\w-])|(?<!\w)<[ ]?(?=\d)", "小于"),
    (r"(?<=\w)[ ]?>[ ]?(?=[\w-])|(?<!\w)>[ ]?(?=\d)", "大于"),
    (r"(?<![A-Za-z\d)])[-−](?=\d)", "负"),
    (r"[ ]?&[ ]?", "和"),
    (r"[ ]?(?:->|=>|→|⇒)[ ]?", "，"),
    (rf"(?<![\d.第])(?P<it>2)(?=[ ]?(?:{_MEASURES}))", "两"),
    (r"(?<=[A-Za-z])-?(?P<it>\d{1,4})(?![\d.])",
    lambda match: digits(match["it"]) if len(match["it"]) > 2 else number(match["it"])),
    (
        rf"(?<![.\d]){_NUM}",
        _plain,
    ),
    (r"\d+", lambda match: digits(match[0])),
    (r"\u202f", " "),
    (r"[ ]?\|{1,9}[ ]?", "，"),
    (r"[*∗^~\\_{}<>=#|®™©†•`]|\[|\]", ""),
)  # fmt: skip
_COMPILED = [(re.compile(pattern), rewrite) for pattern, rewrite in _RULES]
#: What tells traditional writing, and our words in it.
_TRADITIONAL = re.compile("[個們這說點萬億兩為與對時間開電話過還學國會後來麼嗎從關東車長門見]")
_TO_TRADITIONAL = str.maketrans("点万亿两负摄欧镑乘减于时华", "點萬億兩負攝歐鎊乘減於時華")


def read(text: Traced, *, traditional: bool) -> Traced:
    traditional = traditional or _TRADITIONAL.search(text.text) is not None
    for pattern, rewrite in _COMPILED:
        text = text.sub(pattern, _in_traditional(rewrite) if traditional else rewrite)
    return text


def _in_traditional(rewrite: Rewrite | str) -> Rewrite | str:
    if isinstance(rewrite, str):
        return rewrite.translate(_TO_TRADITIONAL)
    return lambda match: None if (said := rewrite(match)) is None else said.translate(_TO_TRADITIONAL)
