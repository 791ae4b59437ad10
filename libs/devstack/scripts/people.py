"""The people of the samples. All of them are invented; so are their repositories."""

# ruff: noqa: RUF001 - people write as they like

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Repository:
    """What is particular about a repository; the rest of its answer follows from it."""

    name: str
    about: str | None
    language: str | None
    stars: int = 0
    forks: int = 0
    pushed: float = 20.0
    created: float = 600.0
    topics: tuple[str, ...] = ()
    fork: bool = False
    archived: bool = False
    also: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """What is particular about an account."""

    login: str
    number: int
    name: str | None
    bio: str | None
    age_days: float
    followers: int
    following: int
    repositories: tuple[Repository, ...] = ()
    kind: str = "User"
    company: str | None = None
    blog: str = ""
    location: str | None = None
    hireable: bool | None = None
    organisations: tuple[str, ...] = ()
    social: tuple[tuple[str, str], ...] = ()
    pinned: tuple[str, ...] = ()
    events: int = 0
    pace: float = 0.0
    readme: str | None = None


JUNIPER = Person(
    login="juniper-fogwhistle",
    number=91_400_117,
    name="Juniper Fogwhistle",
    bio="Keeper of small lighthouses for lost packets. Rust by day, sea shanties by night.",
    age_days=2903.4,
    followers=2_418,
    following=163,
    company="@saltmarsh-collective",
    blog="https://fogwhistle.example",
    location="Gull Point, Nova Scotia",
    hireable=True,
    organisations=("saltmarsh-collective",),
    social=(
        ("mastodon", "https://tides.example/@juniper"),
        ("generic", "https://fogwhistle.example/logbook"),
    ),
    pinned=("foghorn", "lamplight", "tidetable", "barnacle-db"),
    events=46,
    pace=4.6,
    readme="""# Ahoy, I'm Juniper

I keep the lamps lit on a few small open-source lighthouses:

- **foghorn** – tells you your service is down before your customers do
- **lamplight** – a terminal theme for people who work after dark
- **tidetable** – cron, but it knows about the moon

Currently learning to tie a bowline with one hand.
""",
    repositories=(
        Repository(
            "foghorn",
            "Loud, polite uptime alerts. One static binary, no agents, no dashboards.",
            "Rust",
            3_921,
            187,
            1.3,
            1_512,
            ("monitoring", "uptime", "rust", "cli", "alerting"),
            also={"Rust": 0.86, "Shell": 0.09, "Dockerfile": 0.05},
        ),
        Repository(
            "lamplight",
            "A warm, low-glare terminal theme.",
            "TypeScript",
            842,
            61,
            9.2,
            1_104,
            ("theme", "terminal", "accessibility"),
            also={"TypeScript": 0.7, "CSS": 0.3},
        ),
        Repository(
            "tidetable",
            "Schedules jobs by tides, sunsets and other honest clocks.",
            "Rust",
            611,
            24,
            3.8,
            690,
            ("scheduler", "cron", "astronomy"),
            also={"Rust": 0.93, "Python": 0.07},
        ),
        Repository(
            "barnacle-db",
            "An append-only store that clings to your disk and will not let go.",
            "Rust",
            288,
            15,
            17.6,
            411,
            ("database", "storage-engine", "append-only"),
        ),
        Repository(
            "shanty", "Work songs for long builds.", "Go", 74, 3, 44.1, 930, ("audio", "fun")
        ),
        Repository("knots", "Type-level knots. They hold.", "TypeScript", 39, 2, 71.4, 820),
        Repository(
            "fogwhistle.example", "My logbook.", "Astro", 6, 0, 26.0, 1_400, ("blog", "astro")
        ),
        Repository("juniper-fogwhistle", "Ahoy.", None, 2, 0, 88.0, 1_300),
        Repository(
            "old-harbour",
            "Where earlier ideas are moored.",
            "Ruby",
            11,
            1,
            702,
            2_510,
            archived=True,
        ),
        Repository("sextant", "A fork to send one patch upstream.", "C", 0, 0, 120, 240, fork=True),
    ),
)

ODESSA = Person(
    login="odessa-brightforge",
    number=10_274_663,
    name="Odessa Brightforge",
    bio="I make tools that make tools. Author of Anvil. Be kind in code review.",
    age_days=5308.2,
    followers=182_437,
    following=12,
    company="Brightforge Works",
    blog="https://brightforge.example",
    location="Lagos / Lisbon",
    organisations=(
        "brightforge-works",
        "saltmarsh-collective",
        "the-quench-foundation",
        "emberlang",
    ),
    social=(
        ("twitter", "https://twitter.com/odessa_forges_example"),
        ("bluesky", "https://bsky.app/profile/odessa.brightforge.example"),
        ("youtube", "https://www.youtube.com/@brightforge-example"),
        ("linkedin", "https://www.linkedin.com/in/odessa-brightforge-example"),
    ),
    pinned=("anvil", "bellows", "tongs", "ember", "quench", "slag"),
    events=96,
    pace=11.5,
    readme="""# Odessa

I have been hammering on the same idea for fourteen years: software should be *pleasant to repair*.

| project | what it is |
|---|---|
| anvil | the web framework with a repair manual |
| bellows | build cache that never lies |
| ember | a small typed language |

Talks, essays and mistakes: <https://brightforge.example>
""",
    repositories=(
        Repository(
            "anvil",
            "The web framework with a repair manual. Fast, boring, finished.",
            "Go",
            96_240,
            7_412,
            0.4,
            3_980,
            ("web", "framework", "http", "go", "backend"),
            also={"Go": 0.91, "HTML": 0.05, "Makefile": 0.04},
        ),
        Repository(
            "bellows",
            "A build cache that never lies to you.",
            "Go",
            31_877,
            1_630,
            1.1,
            2_604,
            ("build", "cache", "monorepo", "ci"),
        ),
        Repository(
            "ember",
            "A small typed language that compiles to something you can read.",
            "OCaml",
            18_402,
            902,
            2.7,
            1_890,
            ("compiler", "programming-language", "types"),
            also={"OCaml": 0.88, "C": 0.12},
        ),
        Repository(
            "tongs",
            "Pick up hot JSON safely.",
            "Go",
            12_093,
            514,
            6.5,
            2_200,
            ("json", "validation"),
        ),
        Repository(
            "quench",
            "Graceful shutdown, actually.",
            "Go",
            8_466,
            301,
            12.2,
            1_500,
            ("reliability",),
        ),
        Repository(
            "slag", "What is left when you delete the right code.", "Python", 4_210, 166, 31, 1_120
        ),
        Repository(
            "forge-talks", "Slides and speaker notes.", None, 2_904, 420, 58, 3_100, ("talks",)
        ),
        Repository("odessa-brightforge", "Profile.", None, 318, 77, 14, 1_460),
        *(
            Repository(
                f"{metal}-{tool}",
                f"A {metal} {tool} for the Anvil workshop.",
                language,
                stars,
                stars // 19,
                pushed,
                900 + 37.0 * place,
                (tool, "anvil"),
                archived=place % 9 == 8,
            )
            for place, (metal, tool, language, stars, pushed) in enumerate(
                (
                    metal,
                    tool,
                    language,
                    1_900 - 61 * (5 * row + column),
                    4.5 + 11 * (5 * row + column),
                )
                for row, (metal, language) in enumerate(
                    (
                        ("copper", "Go"),
                        ("tin", "TypeScript"),
                        ("iron", "Rust"),
                        ("brass", "Go"),
                        ("pewter", "Shell"),
                    )
                )
                for column, tool in enumerate(("hinge", "rivet", "gauge", "lantern", "bolt"))
            )
        ),
    ),
)

PIP = Person(
    login="pip-tealeaf",
    number=178_220_904,
    name="Pip",
    bio="First-year student. Every repo here is homework, and I am proud of it.",
    age_days=214.7,
    followers=4,
    following=9,
    location="Leeds",
    events=11,
    pace=0.7,
    repositories=(
        Repository(
            "todo-with-cats",
            "A to-do list. A cat sits on the done ones.",
            "JavaScript",
            3,
            0,
            6.2,
            150,
            ("homework",),
        ),
        Repository("week-3-sorting", None, "Python", 0, 0, 19.4, 92),
        Repository("tea-timer", "Beeps when the tea is ready.", "Python", 1, 0, 33.8, 61, ("tea",)),
    ),
)

HOSHINO = Person(
    login="hoshino-kaeru-labs",
    number=63_902_218,
    name="星野カエル 🐸✨",
    bio="夜のゲーム開発者。蛙とシェーダーが好き。Shaders, synths & 𝓯𝓻𝓸𝓰𝓼 — مرحبا!",
    age_days=1844.9,
    followers=9_307,
    following=241,
    company="夜行性スタジオ",
    blog="https://kaeru.example",
    location="松本市 🗻",
    organisations=("yoru-studio-example",),
    social=(
        ("bluesky", "https://bsky.app/profile/kaeru.example"),
        ("generic", "https://kaeru.example"),
    ),
    pinned=("ame-shader", "kaeru-engine", "synth-pond"),
    events=58,
    pace=5.9,
    readme="""# こんばんは 🐸

夜に小さなゲームを作っています。

- **ame-shader** 雨のシェーダー集
- **synth-pond** 池で鳴くシンセサイザー
""",
    repositories=(
        Repository(
            "ame-shader",
            "雨・水面・霧のシェーダー集 (rain, ripples, fog)",
            "GLSL",
            5_120,
            233,
            2.1,
            1_210,
            ("shaders", "webgl", "generative-art"),
        ),
        Repository(
            "kaeru-engine",
            "かえるが跳ねる小さな2Dエンジン 🐸",
            "C++",
            2_044,
            118,
            4.4,
            980,
            ("game-engine", "2d"),
            also={"C++": 0.8, "Lua": 0.2},
        ),
        Repository(
            "synth-pond",
            "A pond that plays itself — 蛙のシンセ",
            "TypeScript",
            871,
            40,
            15.3,
            602,
            ("webaudio", "synth"),
        ),
        Repository(
            "lily-pads", "タイルマップ editor", "TypeScript", 190, 9, 40.0, 377, ("editor",)
        ),
        Repository("hitodama", "Particles after midnight.", "C++", 66, 4, 63.9, 840),
    ),
)

LAYLA = Person(
    login="layla-of-the-dunes",
    number=71_558_036,
    name="ليلى بنت الرمال",
    bio="مهندسة بيانات. أرسم خرائط لما لا يُرى. Maps, deserts, Postgres.",
    age_days=2207.5,
    followers=640,
    following=88,
    location="Nizwa, Oman",
    hireable=True,
    organisations=("saltmarsh-collective",),
    social=(("mastodon", "https://tides.example/@layla"),),
    pinned=("wadi", "mirage-check"),
    events=27,
    pace=2.8,
    repositories=(
        Repository(
            "wadi",
            "Data pipelines that only run when it rains.",
            "Python",
            1_205,
            71,
            5.1,
            1_033,
            ("data", "pipelines", "postgres"),
            also={"Python": 0.82, "PLpgSQL": 0.18},
        ),
        Repository(
            "mirage-check",
            "Finds the numbers in your dashboard that are not there.",
            "Python",
            318,
            14,
            11.7,
            640,
            ("data-quality", "testing"),
        ),
        Repository("starmap-css", "The night sky as a stylesheet.", "CSS", 97, 6, 52.5, 511),
        Repository("qahwa", "Coffee notes: طريقة القهوة العمانية", None, 12, 1, 30.2, 420),
    ),
)

HOLLOW = Person(
    login="hollow-lantern-dev",
    number=55_019_342,
    name=None,
    bio="no face, no fuss. kernels and kettles.",
    age_days=3350.0,
    followers=77,
    following=5,
    events=19,
    pace=1.9,
    pinned=("kettle-os",),
    repositories=(
        Repository(
            "kettle-os",
            "boots faster than the kettle.",
            "C",
            540,
            33,
            7.7,
            1_620,
            ("os", "kernel"),
            also={"C": 0.77, "Assembly": 0.23},
        ),
        Repository(
            "whistle",
            "a serial console in 400 lines.",
            "C",
            88,
            7,
            29.9,
            900,
            ("serial", "embedded"),
        ),
        Repository("dotfiles", None, "Shell", 9, 0, 48.8, 2_200),
        Repository("wick", "tiny init.", "Zig", 41, 2, 80.6, 300),
    ),
)

SALTMARSH = Person(
    login="saltmarsh-collective",
    number=84_117_590,
    name="Saltmarsh Collective",
    bio="A co-operative of maintainers. We look after software that looks after people.",
    age_days=2610.3,
    followers=1_930,
    following=0,
    kind="Organization",
    blog="https://saltmarsh.example",
    location="Everywhere the tide goes",
    pinned=("reedbed", "common-ground"),
    events=40,
    pace=0.0,
    repositories=(
        Repository(
            "reedbed",
            "Shared infrastructure for small projects.",
            "Python",
            2_760,
            204,
            2.2,
            1_900,
            ("infrastructure", "open-source"),
        ),
        Repository(
            "common-ground",
            "Governance documents that fit on one page.",
            None,
            930,
            121,
            21.0,
            1_750,
            ("governance",),
        ),
        Repository("mudflat", "A place to break things.", "TypeScript", 148, 22, 8.4, 800),
        Repository(
            "curlew", "Release notes people read.", "TypeScript", 402, 31, 12.6, 640, ("changelog",)
        ),
    ),
)

GHOST = Person(
    login="ghost-town-2049",
    number=201_884_431,
    name="Nobody Yet",
    bio=None,
    age_days=11.5,
    followers=0,
    following=1,
    repositories=(),
)

PEOPLE = (JUNIPER, ODESSA, PIP, HOSHINO, LAYLA, HOLLOW, SALTMARSH, GHOST)
ORGANISATIONS = {
    "brightforge-works": (66_120_001, "Tools that make tools."),
    "the-quench-foundation": (66_120_002, "Funding for finished software."),
    "emberlang": (66_120_003, "The Ember language."),
    "yoru-studio-example": (66_120_004, "夜行性スタジオ"),
    "saltmarsh-collective": (SALTMARSH.number, SALTMARSH.bio),
}
