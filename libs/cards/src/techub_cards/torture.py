"""The texts that break layouts: as people write them, and as somebody who means ill would."""

# ruff: noqa: RUF001 - letters that look like other letters are the point

from typing import Final

TORTURE_NAMES: Final = (
    "Li",
    "Ø",
    "Maximiliane Konstantina von Hohenstaufen-Lichtenstein",
    "Wolfeschlegelsteinhausenbergerdorffwelche",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
    "まつもと ゆきひろ",
    "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処",
    "尤雨溪",
    "김개발자",
    "ليلى الفهري",
    "محمد بن عبد الرحمن بن إبراهيم الأنصاري",
    "דוד בן־גוריון",
    "Владимир Константинопольский",
    "Ἀλέξανδρος Παπαδόπουλος",
    "कृष्णमूर्ति सत्यनारायण",
    "สมชาย ศรีสุวรรณภูมิพัฒนา",
    "Nguyễn Thị Hồng Ngọc Ánh",
    "👩‍🚀 Zoë 🚀✨ 🏳️‍🌈 👨‍👩‍👧‍👦",
    "𝕮𝖔𝖉𝖊 𝓦𝓲𝔃𝓪𝓻𝓭",
    "Z̷̡͇̐̈a̴͚̍̃̊l̶̙̈́g̸̺͐͑ō̷̬͎",
    "\u202eevil\u202c <script>alert(1)</script>",
    "გიორგი ქართველიშვილი",
    "★彡 ｎｅｏｎ 彡★",
)
"""Names as people really choose them."""

DOZEN: Final = tuple(TORTURE_NAMES[place] for place in (0, 2, 3, 4, 7, 9, 11, 12, 15, 16, 18, 20))
"""One of each kind of trouble: short, long, wide, unbroken, every direction and height."""

_MORE: Final = (
    "Łukasz Żółć-Gęślą",
    "İstanbul'lu Çağrı Öğüt",
    "Þórður Æsa Ðórarinsson",
    "Ţăran Ștefănescu",
    "O'Brien–D'Arcy (she/her) | she.codes",
    "José María Ñíguez de la Cruz y Fernández-Villaverde",
    "Jean-Baptiste Poquelin, dit « Molière »",
    "Dr. h.c. mult. Prof. Annegret Kramp-Karrenbauer III., Esq.",
    "x",
    "_-._-._-._-",
    "0123456789012345678901234567890123456789",
    "404: name not found",
    "null",
    "undefined; DROP TABLE profiles;--",
    "{{ 7 * 7 }} {% raw %} ${jndi:ldap://x}",
    "<img src=x onerror=alert(1)>",
    "</style></main><h1>mine",
    "javascript:alert(document.domain)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "&lt;b&gt;&amp;nbsp;&#x202e;",
    "\u2066left\u2069 \u200fright\u200e \u202aembedded\u202c",
    "new\nline\ttab\u2028separator\u0000null",
    "https://example.org/a/very/long/path?with=a&query=string#and-a-fragment",
    "user@example.org 🔒 keybase",
    "☕️ + ⌨️ = 💻",
    "👍🏿👩🏽‍💻🧑🏻‍🤝‍🧑🏾🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "🇺🇦🇯🇵🇧🇷🇪🇺",
    "1️⃣2️⃣#️⃣",
    "🅣🅔🅒🅗🅗🅤🅑",
    "ⓒⓘⓡⓒⓛⓔⓓ ①②③",
    "ℌ𝔢𝔩𝔩𝔬 𝟙𝟚𝟛 𝚌𝚘𝚍𝚎",
    "Ｆｕｌｌ　ｗｉｄｔｈ",
    "→ ← ↑ ↓ ⇒ ≠ ≤ ∞ √ ∑ π",
    "♜♞♝♛♚♝♞♜",
    "✔ ✘ ☢ ☯ ☮ ♻ ⚡ ⚙",
    "Юлія Щербаківська-Їжакевич",
    "Ђорђе Љубичић Њежић",
    "ΕΛΕΝΗ ΠΑΠΑΔΟΠΟΎΛΟΥ",
    "Αἰσχύλος ὁ Εὐφορίωνος",
    "عبدالله ١٢٣ خالد",
    "فرهاد کیانی‌نژاد",
    "اُردو نستعلیق ڈویلپر",
    "שָׁלוֹם עֲלֵיכֶם",
    "Ada אדה 123 ليلى mixed",
    "अर्जुन श्रीवास्तव क्षत्रिय",
    "প্রিয়াঙ্কা চট্টোপাধ্যায়",
    "தமிழ்ச்செல்வன் கிருஷ்ணமூர்த்தி",
    "ผู้พัฒนาซอฟต์แวร์อาวุโสประจำกรุงเทพมหานคร",
    "Արամ Խաչատրյան",
    "ნინო",
    "東京特許許可局局長",
    "한국소프트웨어개발자협회회장",
    "龍龘靐齉",
    "カタカナ・ハンカク ｶﾀｶﾅ",
    "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307 piled",
)

_HUGE: Final = "Rewrites the scheduler on a Friday and explains it on a Sunday. "


def torture_texts() -> tuple[str, ...]:
    """Return more than two hundred texts: each as it is, said six times, and run together."""
    once = (*TORTURE_NAMES, *_MORE)
    often = [" ".join([text] * 6) for text in once]
    glued = ["".join(text.split()) * 3 for text in once]
    return tuple(dict.fromkeys((*once, *often, *glued, _HUGE * 40, "a" * 1200, "")))
