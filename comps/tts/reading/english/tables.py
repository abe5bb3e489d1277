"""What abbreviations, units, currencies and signs are called in English."""

from __future__ import annotations

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTH_NUMBERS = {name: index + 1 for index, name in enumerate(MONTHS)} | {
    name[:3]: index + 1 for index, name in enumerate(MONTHS)
} | {"Sept": 9}  # fmt: skip
DAYS = {"Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
        "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday"}  # fmt: skip

#: Symbol or code: one, many, a hundredth, hundredths.
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "US$": ("US dollar", "US dollars", "cent", "cents"),
    "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "CA$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "AU$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "NZ$": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HK$": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "S$": ("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "R$": ("real", "reais", "centavo", "centavos"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "", ""),
    "₽": ("ruble", "rubles", "kopeck", "kopecks"),
    "₺": ("lira", "lira", "kurush", "kurush"),
    "₴": ("hryvnia", "hryvnias", "", ""),
    "₫": ("dong", "dong", "", ""),
    "₪": ("shekel", "shekels", "agora", "agorot"),
    "₱": ("peso", "pesos", "centavo", "centavos"),
    "฿": ("baht", "baht", "satang", "satang"),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "USD": ("US dollar", "US dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("British pound", "British pounds", "penny", "pence"),
    "JPY": ("Japanese yen", "Japanese yen", "", ""),
    "CNY": ("Chinese yuan", "Chinese yuan", "", ""),
    "RMB": ("yuan", "yuan", "", ""),
    "CHF": ("Swiss franc", "Swiss francs", "rappen", "rappen"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "INR": ("Indian rupee", "Indian rupees", "paisa", "paise"),
    "SEK": ("Swedish krona", "Swedish kronor", "", ""),
    "NOK": ("Norwegian krone", "Norwegian kroner", "", ""),
    "DKK": ("Danish krone", "Danish kroner", "", ""),
    "PLN": ("zloty", "zlotys", "grosz", "groszy"),
    "MXN": ("Mexican peso", "Mexican pesos", "centavo", "centavos"),
    "BRL": ("real", "reais", "centavo", "centavos"),
    "KRW": ("Korean won", "Korean won", "", ""),
    "BTC": ("bitcoin", "bitcoin", "", ""),
    "ETH": ("ether", "ether", "", ""),
    "Rs": ("rupee", "rupees", "paisa", "paise"),
    "Rs.": ("rupee", "rupees", "paisa", "paise"),
}  # fmt: skip
SCALES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mm": "million", "MM": "million",
          "mil": "million", "b": "billion", "B": "billion", "bn": "billion", "Bn": "billion", "t": "trillion", "T": "trillion",
          "tn": "trillion", "trn": "trillion", "hundred": "hundred", "thousand": "thousand", "million": "million",
          "billion": "billion", "trillion": "trillion", "lakh": "lakh", "crore": "crore"}  # fmt: skip

_METRE_LIKE = {"m": "meter", "g": "gram", "W": "watt", "V": "volt", "Hz": "hertz", "Pa": "pascal", "J": "joule"}
_SAME = frozenset({"hertz", "kilohertz", "megahertz", "gigahertz", "terahertz", "feet"})
_SINGULAR = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "dm": "decimeter", "µm": "micrometer",
    "μm": "micrometer", "um": "micrometer", "nm": "nanometer", "mi": "mile", "yd": "yard", "yds": "yard", "nmi": "nautical mile",
    "kg": "kilogram", "kgs": "kilogram", "g": "gram", "mg": "milligram", "µg": "microgram", "μg": "microgram", "mcg": "microgram",
    "lb": "pound", "lbs": "pound", "oz": "ounce", "t": "ton", "l": "liter", "L": "liter", "ml": "milliliter", "mL": "milliliter",
    "cl": "centiliter", "cL": "centiliter", "dl": "deciliter", "dL": "deciliter", "gal": "gallon", "qt": "quart", "pt": "point",
    "tbsp": "tablespoon", "Tbsp": "tablespoon", "tsps": "teaspoon", "tbsps": "tablespoon", "c.": "cup", "tsp": "teaspoon",
    "fl oz": "fluid ounce", "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute",
    "mins": "minute", "s": "second", "sec": "second", "secs": "second", "ms": "millisecond", "µs": "microsecond",
    "μs": "microsecond", "us": "microsecond", "ns": "nanosecond", "yr": "year", "yrs": "year", "mo": "month", "mos": "month",
    "wk": "week", "wks": "week", "d": "day", "Hz": "hertz", "kHz": "kilohertz", "KHz": "kilohertz", "MHz": "megahertz",
    "GHz": "gigahertz", "THz": "terahertz", "B": "byte", "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte",
    "TB": "terabyte", "PB": "petabyte", "KiB": "kibibyte", "MiB": "mebibyte", "GiB": "gibibyte", "TiB": "tebibyte",
    "kb": "kilobit", "Kb": "kilobit", "Mb": "megabit", "Gb": "gigabit", "Tb": "terabit", "bit": "bit", "W": "watt",
    "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt", "mW": "milliwatt", "Wh": "watt hour", "kWh": "kilowatt hour",
    "MWh": "megawatt hour", "TWh": "terawatt hour", "V": "volt", "mV": "millivolt", "kV": "kilovolt", "A": "amp",
    "mA": "milliamp",
    "Ah": "amp hour", "mAh": "milliamp hour", "Ω": "ohm", "kΩ": "kilohm", "MΩ": "megohm", "F": "farad",
    "µF": "microfarad", "μF": "microfarad", "nF": "nanofarad", "pF": "picofarad", "Pa": "pascal", "hPa": "hectopascal",
    "kPa": "kilopascal", "MPa": "megapascal", "N": "newton", "kN": "kilonewton", "Nm": "newton meter", "J": "joule",
    "kJ": "kilojoule", "MJ": "megajoule", "cal": "calorie", "kcal": "kilocalorie", "eV": "electron volt", "dB": "decibel",
    "pts": "point", "atm": "atmosphere",
    "mol": "mole", "lm": "lumen", "ha": "hectare", "px": "pixel", "acre": "acre", "K": "kelvin",
    "hp": "horsepower", "AU": "astronomical unit", "ly": "light year",
}  # fmt: skip
_IRREGULAR = {
    "ft": ("foot", "feet"), "in.": ("inch", "inches"), "in": ("inch", "inches"), "mph": ("mile per hour", "miles per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"), "kmh": ("kilometer per hour", "kilometers per hour"),
    "kbps": ("kilobit per second", "kilobits per second"), "Kbps": ("kilobit per second", "kilobits per second"),
    "Mbps": ("megabit per second", "megabits per second"), "Gbps": ("gigabit per second", "gigabits per second"),
    "MBps": ("megabyte per second", "megabytes per second"), "mpg": ("mile per gallon", "miles per gallon"),
    "fps": ("frame per second", "frames per second"), "rpm": ("revolution per minute", "revolutions per minute"),
    "RPM": ("revolution per minute", "revolutions per minute"), "bpm": ("beat per minute", "beats per minute"),
    "BPM": ("beat per minute", "beats per minute"), "psi": ("P S I", "P S I"), "ppm": ("part per million", "parts per million"),
    "ppb": ("part per billion", "parts per billion"), "dpi": ("D P I", "D P I"), "sq ft": ("square foot", "square feet"),
    "sq. ft.": ("square foot", "square feet"), "sqft": ("square foot", "square feet"), "sq mi": ("square mile", "square miles"),
    "sq km": ("square kilometer", "square kilometers"), "sq m": ("square meter", "square meters"), "hp": ("horsepower",
    "horsepower"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"),
    "%": ("percent", "percent"), "‰": ("per mille", "per mille"), "lux": ("lux", "lux"), "pts.": ("point", "points"),
    "stone": ("stone", "stone"),
    "inHg": ("inch of mercury", "inches of mercury"), "mmHg": ("millimeter of mercury", "millimeters of mercury"),
    "K": ("kelvin", "kelvin"),
}  # fmt: skip
#: Unit: one, many.
UNITS = {
    unit: (one, one if one in _SAME else one + "s") for unit, one in _SINGULAR.items()
} | _IRREGULAR  # fmt: skip
#: Only right after the digits or with a full stop: "5 in the morning", "3 a day".
UNITS_ONLY_JOINED = frozenset({"N", "in", "d", "t", "K", "B", "F", "A", "us", "pt", "mo"})
#: Units that a raised figure squares or cubes; after other short words it is a power.
SQUARED = frozenset({"km", "m", "cm", "mm", "dm", "nm", "µm", "μm", "mi", "ft", "in", "yd", "s"})
#: After "per" in "km/h".
PER = {
    unit: UNITS[unit][0]
    for unit in ("h", "hr", "s", "sec", "min", "d", "yr", "mo", "wk", "kg", "g", "l", "L", "dL", "mL", "ml", "m", "km", "cm",
    "mm",
                 "lb", "oz", "gal", "mol", "K", "W", "kWh", "GB", "MB", "ft", "ha", "in", "A", "t")
} | {"sq ft": "square foot", "hour": "hour", "minute": "minute", "second": "second", "day": "day", "week": "week",
     "month": "month", "year": "year", "person": "person", "night": "night", "user": "user", "unit": "unit", "item": "item",
     "piece": "piece", "pound": "pound", "gallon": "gallon", "mile": "mile", "seat": "seat", "head": "head", "kilo": "kilo",
     "liter": "liter", "serving": "serving", "share": "share", "barrel": "barrel", "ounce": "ounce", "page": "page"}  # fmt: skip

#: Before a name.
TITLES = {
    "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor", "St": "Saint", "Ste": "Sainte",
    "Mt": "Mount",
    "Ft": "Fort", "Gen": "General", "Col": "Colonel", "Lt": "Lieutenant", "Sgt": "Sergeant", "Capt": "Captain", "Cpl": "Corporal",
    "Cmdr": "Commander", "Maj": "Major", "Adm": "Admiral", "Rev": "Reverend", "Fr": "Father", "Hon": "Honorable",
    "Gov": "Governor", "Sen": "Senator", "Rep": "Representative", "Pres": "President", "Supt": "Superintendent",
    "Messrs": "Messieurs",
}  # fmt: skip
#: After the name of a street.
STREETS = {"St": "Street", "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Dr": "Drive",
           "Ct": "Court", "Pl": "Place", "Sq": "Square", "Hwy": "Highway", "Pkwy": "Parkway", "Ter": "Terrace"}  # fmt: skip
#: Wherever they stand; those that need their full stop end in one.
ABBREVIATIONS = {
    "vs.": "versus", "vs": "versus", "etc.": "et cetera", "etc": "et cetera", "e.g.": "for example", "E.g.": "For example",
    "I.e.": "That is", "Etc.": "Et cetera", "Approx.": "Approximately", "Vs.": "Versus", "eg.": "for example",
    "i.e.": "that is", "ie.": "that is", "approx.": "approximately", "approx": "approximately", "a.k.a.": "also known as",
    "dept.": "department", "Dept.": "Department", "govt.": "government", "Govt.": "Government", "est.": "established",
    "Inc.": "Incorporated", "Corp.": "Corporation", "Ltd.": "Limited", "Co.": "Company", "Bros.": "Brothers",
    "Jr.": "Junior", "Jr": "Junior", "Sr.": "Senior", "Sr": "Senior", "Esq.": "Esquire", "Ave.": "Avenue", "Blvd.": "Boulevard",
    "Rd.": "Road", "Hwy.": "Highway", "Hwy": "Highway", "incl.": "including", "excl.": "excluding", "avg.": "average",
    "temp.": "temperature", "w/": "with", "w/o": "without", "b/c": "because", "c/o": "care of", "cf.": "compare",
    "viz.": "namely", "et al.": "et al", "ca.": "circa", "misc.": "miscellaneous", "btwn.": "between", "elev.": "elevation",
    "Rte.": "Route", "Rt.": "Route",
    "assn.": "association",
    "tbsp.": "tablespoons", "tsp.": "teaspoons", "Ph.D.": "P H D", "Ph.D": "P H D", "PhD": "P H D", "M.D.": "M D", "B.A.": "B A",
    "M.A.": "M A", "B.Sc.": "B S C", "M.Sc.": "M S C", "P.S.": "P S", "a.m.": "AM", "p.m.": "PM", "A.M.": "AM",
    "P.M.": "PM", "max.": "maximum", "min.": "minimum", "Univ.": "University", "intl.": "international", "ext.": "extension",
    "p.a.": "per annum", "N/A": "not applicable", "n/a": "not applicable", "apt.": "apartment", "Apt.": "Apartment",
    "appt.": "appointment",
    "tel.": "telephone", "Tel.": "Telephone", "wt.": "weight", "qty.": "quantity", "Qty.": "Quantity", "hrs.": "hours",
    "mins.": "minutes", "lbs.": "pounds", "b.c.": "B C", "no.": "no.", "Assoc.": "Associate", "Asst.": "Assistant",
}  # fmt: skip
#: Never the last word of a sentence.
NEVER_LAST = frozenset(
    {
        "E.g.",
        "I.e.",
        "Approx.",
        "Vs.",
        "vs.",
        "e.g.",
        "eg.",
        "i.e.",
        "ie.",
        "approx.",
        "cf.",
        "viz.",
        "ca.",
        "incl.",
        "excl.",
        "avg.",
    }
)
#: Only before a number: one, many.
BEFORE_NUMBER = {
    "no": "number", "nos": "numbers", "№": "number", "p": "page", "pp": "pages", "pg": "page", "pgs": "pages", "vol": "volume",
    "vols": "volumes", "ch": "chapter", "chs": "chapters", "chap": "chapter", "sec": "section", "fig": "figure",
    "figs": "figures", "eq": "equation", "eqs": "equations", "art": "article", "par": "paragraph", "ed": "edition",
    "ver": "version", "ex": "exercise", "ep": "episode", "apt": "apartment", "rm": "room", "ext": "extension", "l": "line",
    "ll": "lines", "para": "paragraph", "ca": "circa", "c": "circa", "rev": "revision", "pt": "part", "lvl": "level",
    "bldg": "building", "fl": "floor", "q": "question", "op": "opus", "pop": "population", "s": "season",
}  # fmt: skip
#: Of those, with or without a full stop.
BEFORE_NUMBER_BARE = frozenset({"№", "pp", "vol", "fig", "figs", "eq", "ver", "apt", "ext", "pg", "ch", "chap", "lvl", "bldg"})

ROMAN_CARDINAL = (
    "World War|War|Chapter|Part|Volume|Vol\\.|Book|Act|Scene|Section|Article|Title|Phase|Type|Stage|Level|Class|Grade"
    "|Figure|Table"
    "|Appendix|Episode|Super Bowl|Rocky|Fantasy|Mark|Mk|Schedule|Amendment|Vatican|Unit|Group|Category|Lesson|Module"
    "|Division|Round"
    "|Tier|Option|Step|Star Trek|Model|Generation|Gen|Saturn|Henry VI, Part|Apollo|Quadrant|Region|Zone|Cranial nerve|CN|Factor"
    "|Photosystem|Complex|Symphony|Sonata|Opus|Canto|Psalm|Year|chapter|part|volume|book|act|scene|section"
    "|article|phase"
    "|type|stage|level|class|grade|figure|table|appendix|episode|schedule"
)
ROMAN_ORDINAL = (
    "Henry|Louis|Charles|George|Edward|Elizabeth|James|William|Richard|John|Paul|Benedict|Pius|Leo|Napoleon|Frederick|Catherine"
    "|Philip|Peter|Ivan|Alexander|Nicholas|Ferdinand|Gustav|Gustavus|Ramses|Ramesses|Rameses|Thutmose|Amenhotep|Ptolemy"
    "|Mary|Alfonso"
    "|Otto|Wilhelm|Francis|Emmanuel|Cleopatra|Rama|Felipe|Carlos|Juan|Pedro|Innocent|Gregory|Clement|Urban|Julius"
    "|Boniface|Sixtus"
    "|Adrian|Stephen|Robert|David|Margaret|Christian|Harald|Haakon|Olav|Maximilian|Rudolf|Joseph|Leopold|Baldwin|Albert"
    "|Xerxes|Darius|Cyrus|Antiochus|Seti|Mehmed|Murad|Selim|Suleiman|Mahmud|Constantine|Justinian|Theodosius|Basil|Michael"
    "|Friedrich"
    "|Umberto|Vittorio|Sigismund|Casimir|Harold|Eric|Philippe|Henri|Isabella|Beatrix|Christina|Anne|Pope \\w+|King \\w+"
    "|Queen \\w+"
    "|Emperor \\w+|Tsar \\w+|Mohammed|Muhammad|Hassan|Abdullah"
)
#: Words after which four digits are a year, whatever follows.
YEAR_BEFORE = (
    "in|In|since|Since|by|By|from|From|until|Until|till|before|Before|after|After|during|During|of|around|Around"
    "|circa|year|Year"
    "|spring|summer|autumn|fall|winter|Spring|Summer|Autumn|Fall|Winter|late|early|mid|Late|Early|Mid|born|died|class|vintage"
)
